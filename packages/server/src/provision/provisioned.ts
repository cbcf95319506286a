/** A server for a while: started here, or somebody else's that is used as it is (then every method leaves it alone). */
export interface StartedServer {
  /** Whether it was started here, so that it may be stopped, killed and started again. */
  readonly own: boolean;
  /** Its process, while one runs on this machine. */
  readonly pid?: number | undefined;
  /** Starts it again on the same address with what it kept, and resolves when it answers; nothing where it runs. */
  start(): Promise<void>;
  /** SIGTERM: it ends in order. */
  stop(): Promise<void>;
  /** kill -9: its files stay. A start under way rejects. */
  kill(): Promise<void>;
  /** SIGSTOP: it holds its connections and does nothing. */
  pause(): Promise<void>;
  /** SIGCONT. */
  resume(): Promise<void>;
  /** Ends it for good and deletes its files. */
  dispose(): Promise<void>;
}

/** What `provision` found or started. */
export interface Provisioned {
  readonly redisUrl?: string;
  /** `host:port` of each broker. */
  readonly brokers?: readonly string[];
  readonly redis?: StartedServer;
  /** By broker; one that leaves everything alone where Kafka was given. */
  readonly kafka?: readonly StartedServer[];
  /** Ends what was started. */
  dispose(): Promise<void>;
}

const leave = async (): Promise<void> => {};

/** Somebody else's server. */
export const FOREIGN: StartedServer = {
  ...{ own: false, start: leave, stop: leave, kill: leave, pause: leave, resume: leave, dispose: leave },
};
