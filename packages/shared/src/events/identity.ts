import type { Flags, Numbers, Texts } from '../reasons/facts.ts';
import type { Sayers } from '../reasons/reason.ts';
import { byInWords } from './by.ts';

type By = Texts<'by'>;
type Node = Texts<'nodeId' | 'name'>;

/** Events about join tokens and about the identities of nodes and operators. */
export const identityEvents = {
  'token-created': ({
    by,
    id,
    kind,
    name,
    expiresAt,
  }: By & Texts<'id' | 'expiresAt'> & { readonly kind: 'member' | 'client'; readonly name: string | null }) => {
    const any = kind === 'client' ? ' for clients' : '';
    return `${byInWords(by)} made the join token ${id}${name === null ? any : ` for ${kind} ${name}`}, which expires at ${expiresAt}.`;
  },
  'token-revoked': ({ by, id }: By & Texts<'id'>) => `${byInWords(by)} revoked the join token ${id}.`,
  /** `address`: null for a client. */
  'node-joined': ({
    nodeId,
    kind,
    name,
    address,
    token,
  }: Node & Texts<'kind' | 'token'> & { readonly address: string | null }) =>
    `Node ${nodeId} joined as ${kind} ${name}${address === null ? '' : ` at ${address}`}, with the join token ${token}.`,
  'node-rejoined': 'Node {nodeId} joined again as {kind} {name}, with the join token {token}.',
  'node-readopted': ({ by, nodeId, name, isOfBackup, key }: Node & By & Flags<'isOfBackup'> & Texts<'key'>) =>
    `${by} re-adopted node ${nodeId} (${name}) with ${isOfBackup ? 'the key that the backup knows' : 'a key that it got after the backup'}: ${key}.`,
  'identity-renewed': 'Node {nodeId} ({name}) renewed its identity.',
  'identity-recovered': 'Node {nodeId} ({name}) recovered its identity, which had ended, with its key.',
  'root-certificate': ({ member, minutes }: Texts<'member'> & Numbers<'minutes'>) =>
    `${member} got a certificate for etcd’s user root for ${minutes} minutes, to give Picket its user of etcd.`,
  'identity-frozen': 'Node {nodeId} ({name}) no longer gets certificates: {because}.',
  'identity-unfrozen':
    '{by} unfroze node {nodeId} ({name}), which gets certificates again; it was frozen because {because}.',
  'operator-created': '{by} created the operator {name} with the role {role}.',
  'operator-role': '{by} gave the operator {name} the role {role} instead of {before}.',
  'operator-revoked':
    '{by} revoked the operator {name}: its certificates are revoked, and join tokens that it made have ended.',
  'operator-invited': '{by} made a login string for the operator {name}, which expires at {until}.',
  'operator-logged-in': ({ name, serial, until }: Omit<Operator, 'role'>) =>
    `Operator ${name} logged in with a login string; its new certificate ${serial} ends at ${until}.`,
  'operator-made': 'Operator {name} was made with the role {role}; its new certificate {serial} ends at {until}.',
  'operator-renewed': ({ name, role, before, serial, until }: Operator & Texts<'before'>) => {
    const what = before === role ? `keeps the role ${role}` : `has the role ${role} instead of ${before}`;
    return `Operator ${name} ${what}; its new certificate ${serial} ends at ${until}.`;
  },
  /** `by`: null for a client without a certificate of this coordinator. `outcome`, `why`: codes of an error and its reason. */
  'requests-refused': ({
    by,
    from,
    action,
    outcome,
    why,
    count,
    since,
  }: Texts<'from' | 'action' | 'outcome' | 'since'> & {
    readonly by: string | null;
    readonly why: string | null;
    readonly count: number;
  }) =>
    `${count} requests of ${by ?? 'a stranger'} from ${from} were refused since ${since}: ${action}, ${outcome}${why === null ? '' : ` (${why})`}`,
  'clock-accepted': 'The clock, which says {now}, was accepted although a certificate was issued at {lastIssuance}.',
} as const satisfies Sayers;

type Operator = Texts<'name' | 'role' | 'serial' | 'until'>;
