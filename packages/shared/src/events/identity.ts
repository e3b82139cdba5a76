import type { AnyReason, Say } from '../reasons/reason.ts';
import { byInWords } from './by.ts';

type By = { readonly by: string };
type Node = { readonly nodeId: string; readonly name: string };

/** Events about join tokens and about the identities of nodes and operators. */
export const identityEvents = {
  'token-created': ({
    by,
    id,
    kind,
    name,
    expiresAt,
  }: By & {
    readonly id: string;
    readonly kind: 'member' | 'client';
    readonly name: string | null;
    readonly expiresAt: string;
  }) => {
    const any = kind === 'client' ? ' for clients' : '';
    return `${byInWords(by)} made the join token ${id}${name === null ? any : ` for ${kind} ${name}`}, which expires at ${expiresAt}.`;
  },
  'token-revoked': ({ by, id }: By & { readonly id: string }) => `${byInWords(by)} revoked the join token ${id}.`,
  /** `address`: null for a client. */
  'node-joined': ({
    nodeId,
    kind,
    name,
    address,
    token,
  }: Node & { readonly kind: string; readonly address: string | null; readonly token: string }) =>
    `Node ${nodeId} joined as ${kind} ${name}${address === null ? '' : ` at ${address}`}, with the join token ${token}.`,
  'node-rejoined': ({ nodeId, kind, name, token }: Node & { readonly kind: string; readonly token: string }) =>
    `Node ${nodeId} joined again as ${kind} ${name}, with the join token ${token}.`,
  'node-readopted': ({
    by,
    nodeId,
    name,
    isOfBackup,
    key,
  }: Node & By & { readonly isOfBackup: boolean; readonly key: string }) =>
    `${by} re-adopted node ${nodeId} (${name}) with ${isOfBackup ? 'the key that the backup knows' : 'a key that it got after the backup'}: ${key}.`,
  'identity-renewed': ({ nodeId, name }: Node) => `Node ${nodeId} (${name}) renewed its identity.`,
  'identity-recovered': ({ nodeId, name }: Node) =>
    `Node ${nodeId} (${name}) recovered its identity, which had ended, with its key.`,
  'identity-frozen': ({ nodeId, name, because }: Node & { readonly because: AnyReason }, say: Say) =>
    `Node ${nodeId} (${name}) no longer gets certificates: ${say(because)}.`,
  'identity-unfrozen': ({ by, nodeId, name, because }: Node & By & { readonly because: AnyReason }, say: Say) =>
    `${by} unfroze node ${nodeId} (${name}), which gets certificates again; it was frozen because ${say(because)}.`,
  'operator-created': ({ by, name, role }: By & { readonly name: string; readonly role: string }) =>
    `${by} created the operator ${name} with the role ${role}.`,
  'operator-role': ({
    by,
    name,
    before,
    role,
  }: By & { readonly name: string; readonly before: string; readonly role: string }) =>
    `${by} gave the operator ${name} the role ${role} instead of ${before}.`,
  'operator-revoked': ({ by, name }: By & { readonly name: string }) =>
    `${by} revoked the operator ${name}: its certificates are revoked, and join tokens that it made have ended.`,
  'operator-invited': ({ by, name, until }: By & { readonly name: string; readonly until: string }) =>
    `${by} made a login string for the operator ${name}, which expires at ${until}.`,
  'operator-logged-in': ({ name, serial, until }: Omit<Operator, 'role'>) =>
    `Operator ${name} logged in with a login string; its new certificate ${serial} ends at ${until}.`,
  'operator-made': ({ name, role, serial, until }: Operator) =>
    `Operator ${name} was made with the role ${role}; its new certificate ${serial} ends at ${until}.`,
  'operator-renewed': ({ name, role, before, serial, until }: Operator & { readonly before: string }) => {
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
  }: {
    readonly by: string | null;
    readonly from: string;
    readonly action: string;
    readonly outcome: string;
    readonly why: string | null;
    readonly count: number;
    readonly since: string;
  }) =>
    `${count} requests of ${by ?? 'a stranger'} from ${from} were refused since ${since}: ${action}, ${outcome}${why === null ? '' : ` (${why})`}`,
  'clock-accepted': ({ now, lastIssuance }: { readonly now: string; readonly lastIssuance: string }) =>
    `The clock, which says ${now}, was accepted although a certificate was issued at ${lastIssuance}.`,
} as const;

interface Operator {
  readonly name: string;
  readonly role: string;
  readonly serial: string;
  readonly until: string;
}
