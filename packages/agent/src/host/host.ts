/** Every side effect on the machine, by interface: nothing else in the agent touches it. */
export interface Host {
  readonly files: HostFiles;
  readonly init: InitSystem;
  readonly clock: Clock;
  readonly network: HostNetwork;
  /** A name of this boot that no other boot has; null where the system has none. */
  readonly boot: string | null;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** A user of this machine and its first group, by name as well. */
export interface NamedOwner extends Owner {
  readonly user: string;
  readonly group: string;
}

export interface FileToWrite {
  readonly path: string;
  readonly content: string | Uint8Array;
  /** Permission bits, such as 0o600. */
  readonly mode: number;
  /** null leaves it to the one who runs the agent: the demo is not root. */
  readonly owner: Owner | null;
}

export interface HostFiles {
  /** null if there is no such file. */
  read(path: string): Promise<string | null>;
  /** The first so many bytes, or as many as there are; null if there is no such file, or a link or a pipe in its place. */
  readStart(path: string, bytes: number): Promise<Uint8Array | null>;
  /**
   * Whole or not at all (R9): written beside the target, fsynced, renamed over it, the directory fsynced.
   * Throws `disk_full` or `path_not_writable` with the path; the old content then stands.
   */
  writeWhole(file: FileToWrite): Promise<void>;
  /** Does all of `writeWhole` but the rename, to find out whether the disk takes it: throws the same, leaves nothing. */
  rehearseWhole(file: FileToWrite): Promise<void>;
  /** A symbolic link, replaced as whole as a file is. */
  linkWhole(path: string, target: string): Promise<void>;
  readLink(path: string): Promise<string | null>;
  exists(path: string): Promise<boolean>;
  list(path: string): Promise<readonly string[]>;
  /** Makes this one folder, not its parents, and fsyncs the parent; throws if it is there already. */
  makeFolder(path: string, mode: number, owner: Owner | null): Promise<void>;
  /** Makes the folder and its parents where they are missing. */
  ensureFolder(path: string, mode: number, owner: Owner | null): Promise<void>;
  remove(path: string): Promise<void>;
  /** Gives a folder another name on the same file system, in one step that outlasts a power cut; `to` must be free. */
  move(from: string, to: string): Promise<void>;
  /**
   * Sees to it that etcd, as this user, can pass through a folder on the way to its data and cannot write in it (R4).
   * Throws `data_root_exposed` where the mode alone does not mend it.
   */
  guard(folder: { readonly path: string; readonly mode: number }, etcd: Owner | null): Promise<void>;
}

/** What the init system should run; everything else of the service is the driver's own affair. */
export interface EtcdUnit {
  /** Absolute path of the etcd binary. */
  readonly binary: string;
  readonly confFile: string;
  /** etcd's own log, which conf.yml names and etcd itself rotates. */
  readonly logFile: string;
  /** Where its standard output and error go: what it says before it has a log, and how it panics. systemd has its journal. */
  readonly consoleFile: string;
  /** null leaves etcd to the user that runs the agent. */
  readonly owner: NamedOwner | null;
  /** The guard that becomes etcd (R17), and the folder of the data dirs, where it finds which version they belong to. */
  readonly guard: { readonly script: string; readonly dataRoot: string };
}

export type ServiceState =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'stopped';
      /** The next boot would start it, before the agent and as its files are then. */
      readonly atBoot?: boolean;
    }
  | {
      readonly kind: 'running';
      readonly pid: number;
      /** How often it was started again after it had ended unasked, as far as the driver can know. */
      readonly restarts: number;
      /** What should bring it back when it ends is gone: only this agent would. */
      readonly unsupervised?: true;
      /** It is the guard that runs, and etcd has not been started (yet). */
      readonly guarding?: true;
    }
  | {
      readonly kind: 'crashed';
      readonly restarts: number;
      /** `exit status 1`, `SIGKILL`, … as far as the driver can know. */
      readonly how: string;
    };

/** One driver per init system: `process` here; OpenRC's supervise-daemon and systemd behind the same words. */
export interface InitSystem {
  readonly name: 'process' | 'openrc' | 'systemd' | 'none';
  /** Puts the service definition in place where it differs; starts nothing; true if it changed anything. */
  install(unit: EtcdUnit): Promise<boolean>;
  state(): Promise<ServiceState>;
  /** What of the definition is not as `install` would have it, by path: somebody edited or removed it. Changes nothing. */
  altered(unit: EtcdUnit): Promise<readonly string[]>;
  /** Resolves once the process has been started, not once etcd serves. Starting what runs changes nothing. */
  start(): Promise<void>;
  /** SIGTERM, and SIGKILL after a grace of `graceMs`; resolves when the process is gone. */
  stop(graceMs: number): Promise<void>;
  /**
   * Calls `told` when an etcd has ended that this process itself started, so that nobody has to look for it. Only a
   * driver without a supervisor of its own has this.
   */
  onEnd?(told: () => void): void;
  /** The newest log lines, oldest first. */
  lastLog(lines: number): Promise<readonly string[]>;
}

export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  now(): number;
  /** Milliseconds that no clock change moves and that go on while the machine sleeps where the system can. */
  monotonic(): number;
  /** Resolves after so long, or at once when the signal fires; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface HostNetwork {
  readonly hostname: string;
  /** Every address on an interface, loopback ones too. */
  addresses(): readonly string[];
  /** Whether this process could listen there now; otherwise who does, as far as it can be known. */
  portFree(
    address: string,
    port: number,
  ): Promise<{ readonly free: true } | { readonly free: false; readonly by: string }>;
}
