/** A broker's place in its cluster. */
export interface BrokerPlace {
  /** 1 or more. */
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
}

/** As many copies of a record as there are brokers, up to three; all but one of them suffice for an acknowledgement. */
function copies(brokers: number): { readonly [property: string]: string } {
  const [factor, least] = [`${brokers}`, `${Math.max(1, brokers - 1)}`];
  return {
    'default.replication.factor': factor,
    'min.insync.replicas': least,
    'offsets.topic.replication.factor': factor,
    'transaction.state.log.replication.factor': factor,
    'transaction.state.log.min.isr': least,
    'share.coordinator.state.topic.replication.factor': factor,
    'share.coordinator.state.topic.min.isr': least,
  };
}

const QUICK_ELECTIONS = {
  'controller.quorum.election.timeout.ms': '1000',
  'controller.quorum.fetch.timeout.ms': '1500',
};

/**
 * The text of `server.properties` of one broker, which is a controller too. A small heap needs the small buffer of the
 * cleaner; the short session ends the wait for a broker that was killed after seconds.
 */
export function kafkaProperties(brokers: readonly BrokerPlace[], self: BrokerPlace, folder: string): string {
  const voters = brokers.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`).join(',');
  const lines = {
    'process.roles': 'broker,controller',
    'node.id': `${self.id}`,
    'controller.quorum.voters': voters,
    listeners: `PLAINTEXT://127.0.0.1:${self.port},CONTROLLER://127.0.0.1:${self.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${self.port}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': folder,
    'num.partitions': '4',
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    'offsets.topic.num.partitions': '4',
    'log.cleaner.dedupe.buffer.size': '10485760',
    'broker.session.timeout.ms': '1500',
    'broker.heartbeat.interval.ms': '300',
    ...copies(brokers.length),
    ...(brokers.length > 1 ? QUICK_ELECTIONS : {}),
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
