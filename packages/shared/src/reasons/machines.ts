import { durationOf } from './durations.ts';
import type { Flags, Member, Numbers, Texts } from './facts.ts';
import type { AnyReason, Say } from './reason.ts';
import { gigabytes } from './sizes.ts';

type Name = Texts<'name'>;

/** Notices about machines, identities and certificates. */
export const machineReasons = {
  disk_nearly_full: ({ member, freeBytes, totalBytes }: Member & Numbers<'freeBytes' | 'totalBytes'>) =>
    `${member}: the disk that holds its data has ${gigabytes(freeBytes)} of ${gigabytes(totalBytes)} GB free ` +
    `(${Math.floor((freeBytes / totalBytes) * 100)} %).`,
  disk_slow:
    '{member}: its disk is slow for etcd (fsync p99 is {fsyncMs} ms, and should be at most {goodMs} ms). Under load this may cause elections.',
  hot: '{member}: its processor is {celsius} °C hot and slows down. Improve its cooling, for example with a heat sink.',
  hash_check_off:
    '{member}: etcd says that it does not compare its data with the other members (CompactHashCheck is off), so data that differs may go unnoticed.',
  clock_off: ({ member, offsetMs }: Member & Numbers<'offsetMs'>) =>
    `${member}: its clock is ${durationOf(Math.abs(offsetMs))} ${offsetMs > 0 ? 'ahead of' : 'behind'} the coordinator’s.`,
  identity_is_frozen: (
    {
      name,
      nodeId,
      at,
      because,
      kind,
    }: Name & Texts<'nodeId' | 'at'> & { readonly because: AnyReason; readonly kind: 'member' | 'client' },
    say: Say,
  ) => {
    const goesOn = kind === 'member' ? 'Its etcd keeps running' : 'Its present certificate stays valid until its end';
    return (
      `${name}: its node ${nodeId} has got no certificates since ${at}: ${say(because)}. ${goesOn}. ` +
      `Switch the copy off, then run \`picket node unfreeze ${nodeId}\`.`
    );
  },
  identity_ended: ({ name, at }: Name & { readonly at: string | null }) =>
    `${name}: its identity ended ${at === null ? 'long ago' : `at ${at}`}. Its agent gets a new one once it runs, reaches this coordinator and has the right time.`,
  identity_ends:
    '{name}: its identity ends at {at}, and its agent should have renewed it by now. If the agent runs, its log says what prevents the renewal.',
  authority_ends: ({
    authority,
    cluster,
    until,
    isOver,
  }: {
    readonly authority: 'control' | 'peer' | 'client';
    readonly cluster: string | null;
    readonly until: string;
    readonly isOver: boolean;
  }) => {
    const whose = authority === 'control' ? 'The control CA' : `The ${authority} CA of ${cluster}`;
    const [ends, takes] = isOver ? ['ended', 'has ended'] : ['ends', 'ends'];
    return (
      `${whose} ${ends} at ${until}, and each certificate that it issued ${takes} with it. Picket cannot ` +
      'renew or replace a CA yet.'
    );
  },
  operator_certificate_ends: ({ operator, until, isOver }: OperatorEnd) =>
    `The certificate of the operator ${operator} ${isOver ? 'expired' : 'expires'} at ${until}. To renew it, run on the coordinator ` +
    `\`picket-coordinator operator ${operator} --context FILE\`.` +
    (isOver ? ` To remove the operator, run \`picket operator revoke ${operator}\`.` : ''),
  certificate_overdue: ({ holder, purpose, until, due, isOver }: Overdue) => {
    const whose =
      holder === null ? 'The server certificate of this coordinator' : `${holder}: its ${purpose} certificate`;
    const fell = due === null ? '' : `, and its renewal was due at ${due}`;
    const look =
      holder === null
        ? 'The log of the coordinator says what prevents the renewal.'
        : 'If its agent runs and reaches this coordinator, the agent’s log says what prevents the renewal.';
    return isOver
      ? `${whose} ended at ${until}${fell}. New connections with it fail; open connections continue. ${look}`
      : `${whose} ends at ${until}${fell}. ${look}`;
  },
} as const;

type OperatorEnd = Texts<'operator' | 'until'> & Flags<'isOver'>;

interface Overdue {
  /** null: this coordinator. */
  readonly holder: string | null;
  readonly purpose: string;
  readonly until: string;
  readonly due: string | null;
  readonly isOver: boolean;
}
