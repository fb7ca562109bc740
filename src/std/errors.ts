/**
 * The catalogue of troubles: everything that can go wrong outside the program itself (disk,
 * network, user input, another process). Each has a stable code, the exit code it leads to and,
 * where there is one, a hint with the way out. `docs/errors.md` explains each; a test holds the
 * two together.
 */

/** Exit codes of every command and daemon. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  unreachable: 3,
  timeout: 4,
  unhealthy: 5,
  sloMissed: 6,
  refused: 7,
  regression: 8,
  violation: 9,
  invalid: 10,
  disk: 11,
  damaged: 12,
  locked: 13,
  unknownCommand: 127,
  interrupted: 130,
  terminated: 143,
} as const;

const EXIT_BY_CODE = {
  INTERNAL: EXIT.failure,
  USAGE: EXIT.usage,
  UNKNOWN_COMMAND: EXIT.unknownCommand,
  CONFIG_INVALID: EXIT.usage,
  PROFILE_NOT_FOUND: EXIT.usage,
  CONTEXT_NOT_FOUND: EXIT.usage,
  READ_ONLY: EXIT.refused,
  ADDRESS_IN_USE: EXIT.failure,
  EXPOSED_BIND: EXIT.refused,
  HOST_UNFIT: EXIT.refused,
  TLS_INVALID: EXIT.usage,
  UNAUTHORIZED: EXIT.refused,
  CLUSTER_NOT_FOUND: EXIT.usage,
  CLUSTER_AMBIGUOUS: EXIT.usage,
  CLUSTER_ELSEWHERE: EXIT.usage,
  CLUSTER_DIFFERS: EXIT.usage,
  CLUSTER_EXISTS: EXIT.refused,
  CLUSTER_DEGRADED: EXIT.unhealthy,
  CONFIRMATION_MISSING: EXIT.refused,
  MEMBERS_REFUSED: EXIT.refused,
  NODE_NOT_FOUND: EXIT.usage,
  NODE_RUNNING: EXIT.refused,
  NODE_START_FAILED: EXIT.failure,
  NODE_WIPED: EXIT.damaged,
  REPAIR_REFUSED: EXIT.refused,
  RECOVERY_REFUSED: EXIT.refused,
  UNREACHABLE: EXIT.unreachable,
  NO_LEADER: EXIT.unreachable,
  NOT_LEADER: EXIT.unreachable,
  TRANSFER_REFUSED: EXIT.refused,
  TRANSFER_FAILED: EXIT.failure,
  WAIT_TIMEOUT: EXIT.timeout,
  OUTCOME_UNKNOWN: EXIT.timeout,
  SESSION_EXPIRED: EXIT.timeout,
  KEY_NOT_FOUND: EXIT.failure,
  REQUEST_REFUSED: EXIT.failure,
  WRITE_LOST: EXIT.violation,
  HISTORY_INVALID: EXIT.usage,
  RECORDING_INVALID: EXIT.usage,
  BUNDLE_INVALID: EXIT.usage,
  NOT_LINEARIZABLE: EXIT.violation,
  SAFETY_VIOLATED: EXIT.violation,
  CHECK_UNDECIDED: EXIT.timeout,
  SLO_MISSED: EXIT.sloMissed,
  REGRESSION_FOUND: EXIT.regression,
  RUNS_DIFFER: EXIT.refused,
  RUN_NOT_FOUND: EXIT.usage,
  RUN_INVALID: EXIT.usage,
  HISTOGRAM_INVALID: EXIT.usage,
  EXPERIMENT_DIFFERS: EXIT.usage,
  EXPERIMENT_INVALID: EXIT.usage,
  FLOOR_MISSED: EXIT.sloMissed,
  MEASUREMENT_INVALID: EXIT.invalid,
  DISK_FAILED: EXIT.disk,
  DISK_FULL: EXIT.disk,
  WAL_CORRUPT: EXIT.damaged,
  SNAPSHOT_CORRUPT: EXIT.damaged,
  STATE_FILE_CORRUPT: EXIT.damaged,
  SNAPSHOT_NOT_FOUND: EXIT.usage,
  SNAPSHOT_REFUSED: EXIT.refused,
  FORMAT_UNSUPPORTED: EXIT.damaged,
  DATA_DIR_EMPTY: EXIT.usage,
  DATA_DIR_FORMATTED: EXIT.refused,
  DATA_DIR_LOCKED: EXIT.locked,
  INTERRUPTED: EXIT.interrupted,
} as const;

export type ErrorCode = keyof typeof EXIT_BY_CODE;

export const ERROR_CODES = Object.keys(EXIT_BY_CODE) as readonly ErrorCode[];

export interface RaftctlErrorInit {
  /** What was attempted, the rule, and the current value. No final period. */
  readonly message: string;
  /** The way out: what the user can do or type next. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Trouble from outside the program. Match on `code`; the message is for people. */
export class RaftctlError extends Error {
  override readonly name = 'RaftctlError';
  readonly code: ErrorCode;
  readonly hint: string | null;

  constructor(code: ErrorCode, init: RaftctlErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = code;
    this.hint = init.hint ?? null;
  }

  get exitCode(): number {
    return EXIT_BY_CODE[this.code];
  }
}

/** An error as it is sent from one process to another. */
export interface ToldError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
}

export function tellError({ code, message, hint }: RaftctlError): ToldError {
  return { code, message, hint };
}

/** @param where stands before the message. */
export function errorTold({ code, message, hint }: ToldError, where = ''): RaftctlError {
  return new RaftctlError(code, {
    message: `${where}${message}`,
    ...(hint === null ? {} : { hint }),
  });
}

/** The operating system's code of an error (`ENOSPC`, `EADDRINUSE`, ...), or null. */
export function systemCode(error: unknown): string | null {
  if (typeof error === 'object' && error !== null && 'code' in error) {
    return typeof error.code === 'string' ? error.code : null;
  }
  return null;
}
