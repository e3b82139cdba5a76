import type { ErrorCode } from '../../errors.ts';
import type { CountsAs } from '../../protocol/diagnosis.ts';
import type { causeReasons } from '../../reasons/causes.ts';
import { type AnyReason, factOf, type ReasonCode } from '../../reasons/reason.ts';
import type { Evidence, Scene } from './evidence.ts';

/** Identifies a cause, and the rule that finds it. */
export type Cause = keyof typeof causeReasons;

/** A fact that proves a cause, and of whom. */
export interface Proof extends Evidence {}

/** The next command, and the member on whose machine to run it; null: where the diagnosis was made. */
export interface Next {
  readonly command: string;
  readonly on: string | null;
}

/** Finds one cause. The rules are beside this file. */
export interface Rule {
  readonly cause: Cause;
  /** The page that says how to remove it, below docs/how-to. */
  readonly page: string;
  /** Each fact that proves the cause, by its code. */
  readonly shownBy: readonly ReasonCode[];
  /** Each error that proves it, if an agent reports it as a reason. */
  readonly errors?: readonly ErrorCode[];
  /** Whether such a fact proves it in this case. */
  readonly proves?: (one: AnyReason, scene: Scene) => boolean;
  /** Of several facts together; empty: they do not prove the cause. Left out: each fact proves it alone. */
  readonly together?: (found: readonly Proof[], scene: Scene) => readonly Proof[];
  /** What to run next. `member` is the first that the cause concerns; null for none. */
  readonly next: (
    of: { readonly member: string | null; readonly proof: readonly Proof[] },
    scene: Scene,
  ) => Next | null;
  /** Causes that are only consequences of this one, if they concern the same member or the whole cluster. */
  readonly explains?: readonly Cause[];
  /** Which proofs of them it explains; left out: all. A member without such a proof has a cause of its own. */
  readonly explainsBy?: (one: AnyReason) => boolean;
  /** Those of them that need not follow: they are neither findings nor effects. */
  readonly leavesOpen?: readonly Cause[];
  /** It is found if no other cause tells of what the status says is wrong. */
  readonly isLastResort?: true;
  /** It says of members that they do not serve, or may not: no fact proves that of a voter that serves. */
  readonly isOfSilence?: true;
  /** What a trial of new settings showed proves it, `too` or `only`. It proves no other cause: it may be over (R19). */
  readonly ofTrial?: 'too' | 'only';
  /** Left out: as a fault of now that stops something. */
  readonly countsAs?: Exclude<CountsAs, 'fault'>;
  /** etcd serves in spite of it: what keeps a voter from serving comes before it. */
  readonly sparesEtcd?: true;
  /** Where another cause explains it, it says nothing that is worth reading: it is no effect of that one. */
  readonly isSymptom?: true;
  /** Facts that name another way, if the cause cannot be removed. */
  readonly otherwise?: readonly ReasonCode[];
}

/**
 * The first value under this key, of a reason or of its error, that fits the pattern. The command that it becomes part of is pasted into a shell, and a node may
 * report anything.
 */
function valueIn(proof: readonly Proof[], key: string, pattern: RegExp): string | null {
  for (const { reason } of proof) {
    const details = factOf(reason, 'details') as Readonly<Record<string, unknown>> | null | undefined;
    const value = factOf(reason, key) ?? details?.[key];
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text === 'string' && pattern.test(text)) return text;
  }
  return null;
}

const path = /^\/[A-Za-z0-9._/@+-]{0,255}$/;
export const pathIn = (proof: readonly Proof[]) => valueIn(proof, 'path', path);
export const mountPointIn = (proof: readonly Proof[]) => valueIn(proof, 'mountPoint', path);
export const programIn = (proof: readonly Proof[]) => valueIn(proof, 'binary', path);
/** A host name, an address, or an address with a port. One that begins with `-` would be an option of the command. */
export const hostIn = (proof: readonly Proof[], key: string) =>
  valueIn(proof, key, /^[A-Za-z0-9._:[\]][A-Za-z0-9._:[\]-]{0,252}$/);
export const identifierIn = (proof: readonly Proof[], key: string) => valueIn(proof, key, /^[a-z0-9]{8,40}$/);
export const urlIn = (proof: readonly Proof[], key: string) => {
  const text = valueIn(proof, key, /^https?:\/\/[A-Za-z0-9._:[\]][A-Za-z0-9._:[\]/-]{0,252}$/);
  return text === null ? null : URL.parse(text);
};

/** A command, or that for the proof, on the machine of the member; here if the cause names none, or this machine. */
export function there(command: string | ((proof: readonly Proof[]) => string)): Rule['next'] {
  return ({ member, proof }, { self }) => ({
    command: typeof command === 'string' ? command : command(proof),
    on: member === self ? null : member,
  });
}

/**
 * The command of the proof that installs a package of etcd, of the minor version that the cluster runs. On a board it is the board's own, elsewhere the
 * coordinator's: a node could report any (R8). null if there is none: a remedy is a sentence for a system whose packages Picket does not know.
 */
export function commandIn(proof: readonly Proof[], { place }: Scene): string | null {
  const found =
    place === 'board'
      ? proof.map((one) => factOf(one.reason, 'remedy'))
      : proof.filter(({ from }) => from === 'coordinator').map((one) => factOf(one.reason, 'command'));
  return found.find((one): one is string => typeof one === 'string' && /^(?:apk|apt-get|sed) /.test(one)) ?? null;
}

/** A command where the operator runs `picket`; on a board there is none. */
export function here(command: (cluster: string, member: string) => string): Rule['next'] {
  return ({ member }, { place, cluster }) =>
    place === 'board' ? null : { command: command(cluster, member ?? 'MEMBER'), on: null };
}

/** The largest folders, the largest last. Not the whole root with `-x`: on an overlay, busybox's du then counts no file. */
export const showsFolders = there(
  'df -h /var/lib/picket; du -kd 3 /var /home /root /tmp /opt 2>/dev/null | sort -n | tail',
);

/** Which program listens on the port that the proof names. */
export const listsListeners = there((proof) => {
  const port = valueIn(proof, 'port', /^\d{1,15}$/) ?? hostIn(proof, 'address')?.split(':').at(-1);
  // Alpine has no ss until iproute2 is installed, and busybox's netstat.
  const listeners = port === undefined ? 'ss -ltnp' : `ss -ltnp 'sport = :${port}'`;
  return `${listeners} 2>/dev/null || netstat -ltnp`;
});

/** As the status says. */
export const asStatus: Rule['next'] = (_of, { statusNext }) => statusNext;

/** As the status says; but instead of a look at the status of a machine, what its own log, files and ports show. */
export const diagnoseThere: Rule['next'] = ({ member }, { place, statusNext }) => {
  if (place === 'board' || (statusNext !== null && statusNext.command !== 'picket-agent status')) return statusNext;
  const on = statusNext?.on ?? member;
  return on === null ? statusNext : { command: 'picket-agent diagnose', on };
};
