import type { InitSystem } from '../host/host.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** What can run etcd. */
export type Driver = Exclude<InitSystem['name'], 'none'>;
export type InitChoice = 'auto' | Driver;

/** agent.yml. What is null has a default that only the machine can tell. */
export interface AgentConfig {
  /** `https://HOST:PORT`; null until `join` is told. */
  readonly coordinator: string | null;
  /** The member this machine means to be; null for its host name. */
  readonly name: string | null;
  readonly stateDir: string;
  readonly etcDir: string;
  readonly logFile: string;
  /** null for the first `etcd` on PATH. */
  readonly etcdBinary: string | null;
  readonly init: InitChoice;
  /** null for `etcd` where the agent is root, and nobody else otherwise. */
  readonly etcdUser: string | null;
  /** null for what the coordinator asks for. */
  readonly reportSeconds: number | null;
  readonly logLevel: LogLevel;
}
