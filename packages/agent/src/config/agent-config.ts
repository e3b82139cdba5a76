import type { InitSystem } from '../host/host.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Which program runs etcd. */
export type Driver = Exclude<InitSystem['name'], 'none'>;
export type InitChoice = 'auto' | Driver;

/** agent.yml. If a key is null, the machine decides its default. */
export interface AgentConfig {
  /** `https://HOST:PORT`; null if `join` gets it from its options. */
  readonly coordinator: string | null;
  /** The member that this machine should become; null for its host name. */
  readonly name: string | null;
  readonly stateDir: string;
  readonly etcDir: string;
  readonly logFile: string;
  /** null for the first `etcd` on PATH. */
  readonly etcdBinary: string | null;
  readonly init: InitChoice;
  /** null: `etcd` if the agent is root, otherwise the user of the agent. */
  readonly etcdUser: string | null;
  /** null for the period that the coordinator asks for. */
  readonly reportSeconds: number | null;
  readonly logLevel: LogLevel;
}
