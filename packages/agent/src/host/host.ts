import type { FileToWrite } from '@picket/shared/whole-file.ts';

/** All side effects on the machine, as interfaces. No other code of the agent touches the machine. */
export interface Host {
  readonly files: HostFiles;
  readonly init: InitSystem;
  readonly clock: Clock;
  readonly network: HostNetwork;
  /** A unique name of this boot; null if the system has none. */
  readonly boot: string | null;
  /** Whether the whole machine is being shut down or restarted now; false if nobody can tell. Answers within a second. */
  isShuttingDown(): Promise<boolean>;
  /** See `etcdFileOf` in process-table.ts. */
  etcdFile(pid: number, folder: string): Promise<string | null>;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** A user of this machine and its first group, with both names. */
export interface NamedOwner extends Owner {
  readonly user: string;
  readonly group: string;
}

export interface HostFiles {
  /** null if the file does not exist. */
  read(path: string): Promise<string | null>;
  /** The first bytes, up to this number. null if the file does not exist, or is a link or a pipe. */
  readStart(path: string, bytes: number): Promise<Uint8Array | null>;
  /**
   * Writes whole or not at all (R9): beside the target, fsync, rename over the target, fsync of the folder. Throws
   * `disk_full` or `path_not_writable` with the path; the old content then stays.
   */
  writeWhole(file: Required<FileToWrite>): Promise<void>;
  /**
   * As `writeWhole` without the rename, to find out whether the disk takes it: throws the same errors, leaves nothing.
   */
  rehearseWhole(file: Required<FileToWrite>): Promise<void>;
  /** Makes or replaces a symbolic link, as whole as a file. */
  linkWhole(path: string, target: string): Promise<void>;
  readLink(path: string): Promise<string | null>;
  exists(path: string): Promise<boolean>;
  list(path: string): Promise<readonly string[]>;
  /** Makes this one folder, not its parents, and fsyncs the parent. Throws if it exists. */
  makeFolder(path: string, mode: number, owner: Owner | null): Promise<void>;
  /** Makes the folder and its missing parents. */
  ensureFolder(path: string, mode: number, owner: Owner | null): Promise<void>;
  remove(path: string): Promise<void>;
  /**
   * Removes a folder with all that is in it, or a file, and follows no link; see `removeTree` in files/remove-tree.ts. Does
   * nothing if it does not exist. Throws `path_not_removed` as well.
   */
  removeTree(path: string): Promise<void>;
  /** Renames a folder within its file system, in one step that survives a power cut. `to` must not exist. */
  move(from: string, to: string): Promise<void>;
  /**
   * Ensures that etcd, as this user, can pass through a folder on the way to its data and cannot write in it (R4).
   * Throws `data_root_exposed` if changing the mode is not enough.
   */
  guard(folder: { readonly path: string; readonly mode: number }, etcd: Owner | null): Promise<void>;
}

/** What the init system should run; the driver decides the rest of the service. */
export interface EtcdUnit {
  /** Absolute path of the etcd binary. */
  readonly binary: string;
  readonly confFile: string;
  /** etcd's own log: conf.yml names it, and etcd rotates it. */
  readonly logFile: string;
  /**
   * The file for its standard output and error: what it says before it has a log, and panics. systemd uses its journal
   * instead.
   */
  readonly consoleFile: string;
  /** null: etcd runs as the user that runs the agent. */
  readonly owner: NamedOwner | null;
  /** The guard that becomes etcd (R17), and the folder of the data directories, where the guard finds their version. */
  readonly guard: { readonly script: string; readonly dataRoot: string };
}

export type ServiceState =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'stopped';
      /** The next boot would start it before the agent, with the files as they are then. */
      readonly atBoot?: boolean;
    }
  | {
      readonly kind: 'running';
      readonly pid: number;
      /** How often it was restarted after an unexpected end, as far as the driver can know. */
      readonly restarts: number;
      /** The supervisor that should restart it is gone: only this agent would restart it. */
      readonly unsupervised?: true;
      /** The guard runs, and etcd has not been started (yet). */
      readonly guarding?: true;
    }
  | {
      readonly kind: 'crashed';
      readonly restarts: number;
      /** `exit status 1`, `SIGKILL`, …, as far as the driver can know. */
      readonly how: string;
    };

/** One driver for each init system: `process` here, OpenRC's supervise-daemon, and systemd. */
export interface InitSystem {
  readonly name: 'process' | 'openrc' | 'systemd' | 'none';
  /** Writes the service definition if it differs, and starts nothing. True if it changed anything. */
  install(unit: EtcdUnit): Promise<boolean>;
  state(): Promise<ServiceState>;
  /**
   * The parts of the definition that differ from what `install` writes, by path: somebody edited or removed them.
   * Changes nothing.
   */
  altered(unit: EtcdUnit): Promise<readonly string[]>;
  /** Resolves once the process has been started; etcd may not serve yet. Does nothing if it already runs. */
  start(): Promise<void>;
  /** Sends SIGTERM, and SIGKILL after `graceMs`. Resolves when the process is gone. */
  stop(graceMs: number): Promise<void>;
  /**
   * Calls `told` when an etcd that this process started has ended, so that nobody has to poll. Only a driver without
   * its own supervisor has this.
   */
  onEnd?(told: () => void): void;
  /** The newest log lines, oldest first. */
  lastLog(lines: number): Promise<readonly string[]>;
}

export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  now(): number;
  /** Milliseconds that no clock change affects; they include sleep of the machine if the system can count that. */
  monotonic(): number;
  /** Resolves after this time, or at once when the signal fires. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface HostNetwork {
  readonly hostname: string;
  /** Every address of an interface, including loopback addresses. */
  addresses(): readonly string[];
  /** Whether this process could listen there now; if not, who does, as far as that can be known. */
  portFree(
    address: string,
    port: number,
  ): Promise<{ readonly free: true } | { readonly free: false; readonly by: string }>;
}
