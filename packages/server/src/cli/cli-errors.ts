import { ArmatureError } from '@armature/sdk';

type ErrorRow = ConstructorParameters<typeof ArmatureError>[1];
type ErrorDetails = NonNullable<ConstructorParameters<typeof ArmatureError>[2]>;

/** Raised by the command line beside those of the packages it calls. */
export const CLI_ERRORS = {
  USAGE: { what: 'the command cannot be read', do: 'see --help', retryable: false },
  FILE_UNREADABLE: { what: 'the file cannot be read', do: 'check its path and rights', retryable: false },
  FILE_UNWRITABLE: { what: 'the file cannot be written', do: 'check its path and rights', retryable: false },
  FILE_EXISTS: {
    what: 'the file is there already',
    do: 'name another, or write over it with --force',
    retryable: false,
  },
  NAME_TAKEN: {
    what: 'another file has an experiment of this name',
    do: 'give the new one a name of its own',
    retryable: false,
  },
  NO_EXPERIMENTS: {
    what: 'there is no experiment file',
    do: 'name a folder that has files such as checkout.yaml, or the files',
    retryable: false,
  },
  TYPES_OUTDATED: {
    what: 'the generated file is not that of the experiments',
    do: 'write it again with `armature types`',
    retryable: false,
  },
  REPORT_UNHEALTHY: {
    what: 'a health check failed, so that the numbers must not be acted on',
    do: 'see the health lines of the report',
    retryable: false,
  },
  REPLAY_DIFFERS: {
    what: 'the log does not give the state that a checkpoint holds',
    do: 'keep a copy of the directory; where the log ends before the checkpoint, restore the log from a copy, else delete the checkpoint: it is made again',
    retryable: false,
  },
  LOG_NOT_WHOLE: {
    what: 'the log is not whole',
    do: 'restore the segments that are named from a copy; without one, see what `armature log repair` would do',
    retryable: false,
  },
  REPAIR_NOT_DONE: {
    what: 'nothing was written',
    do: 'add --yes to do it',
    retryable: false,
  },
  ADDRESS_UNUSABLE: {
    what: 'the server cannot listen on this address',
    do: 'stop what listens there, or give another --port or --host',
    retryable: false,
  },
  NOT_SERVED: {
    what: 'no experiment of this name is served',
    do: 'name one that is',
    retryable: false,
  },
  DECISION_REFUSED: {
    what: 'the decision is not in the log',
    do: 'see why the server refused it',
    retryable: true,
  },
  KEY_REFUSED: {
    what: 'the server wants another API key',
    do: "set ARMATURE_API_KEY to one of the server's keys",
    retryable: false,
  },
  SERVER_UNREACHABLE: { what: 'the server does not answer', do: 'check its address', retryable: true },
  DEMO_DIRECTORY_TAKEN: {
    what: 'the folder holds something that no demo has written',
    do: 'name an empty folder, or one that is not there, with --data',
    retryable: false,
  },
  DEMO_CLIENT_FAILED: {
    what: "the demo's second process ended before its visitors did",
    do: 'see its last lines above, then run the demo again: it goes on',
    retryable: true,
  },
  API_KEYS_INVALID: {
    what: 'ARMATURE_API_KEYS holds no usable keys',
    do: 'give keys of 16 characters or more, separated by commas, or unset it for an open server on this machine',
    retryable: false,
  },
  STATE_DIFFERS: {
    what: 'the log does not give the state that Redis keeps',
    do: 'see the differences; `armature rebuild --switch` puts the state that the log gives in its place',
    retryable: false,
  },
  CLUSTER_SETTINGS_INVALID: {
    what: 'the settings of Kafka and Redis are not usable',
    do: 'correct every fault that is listed',
    retryable: false,
  },
  CLUSTER_NOT_SET: {
    what: 'no Kafka and no Redis are named',
    do: 'set ARMATURE_KAFKA_BROKERS and ARMATURE_REDIS_URL, or give --kafka and --redis',
    retryable: false,
  },
  UNEXPECTED: {
    what: 'the command failed in an unforeseen way',
    do: 'set ARMATURE_DEBUG=1 and run it again for the details',
    retryable: false,
  },
} as const satisfies { readonly [code: string]: ErrorRow };

export type CliErrorCode = keyof typeof CLI_ERRORS;

/** An error of the command line's table. */
export function cliError<Code extends CliErrorCode>(code: Code, details?: ErrorDetails): ArmatureError<Code> {
  return new ArmatureError(code, CLI_ERRORS[code], details);
}
