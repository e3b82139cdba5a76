import { isLoopback } from '../../names.ts';
import { type AnyReason, factOf } from '../../reasons/reason.ts';
import { ofRefusal } from './consequences.ts';
import type { Scene } from './evidence.ts';
import { pathIn, type Rule, there } from './rule.ts';

const page = 'find-the-cause.md';
/** Shows the certificate that the proof names, or else the one that etcd's peers see. */
function show(option: string): Rule['next'] {
  return ({ member, proof }, { place }) => ({
    command: `openssl x509 -in ${pathIn(proof) ?? '/etc/etcd/server.pem'} -noout ${option}`,
    on: place === 'board' ? null : member,
  });
}

function isNotClients(one: AnyReason, scene: Scene): boolean {
  return !isClients(one, scene);
}

/** etcd's gateway is a client too, from an address of a member; its faults are those of the member's server certificate. */
function isClients(one: AnyReason, { members }: Scene): boolean {
  const remote = factOf(one, 'remote');
  const isClient = factOf(one, 'side') === 'client' || one.code === 'etcd_client_refuses';
  if (!isClient || typeof remote !== 'string') return isClient;
  return !isLoopback(remote) && members.every(({ address }) => address !== remote);
}

export const certificateRules: readonly Rule[] = [
  {
    cause: 'cause_key_usage',
    page: `${page}#incompatible-key-usage`,
    shownBy: ['etcd_saw_key_usage', 'file_lacks_usage'],
    proves: isNotClients,
    next: show('-subject -ext extendedKeyUsage'),
    explains: ofRefusal,
  },
  {
    cause: 'cause_key_mismatch',
    page: `${page}#certificates-that-do-not-fit`,
    shownBy: ['etcd_key_mismatch', 'file_key_differs'],
    errors: ['credential_mismatch'],
    next: show('-subject -pubkey'),
    explains: [...ofRefusal, 'cause_foreign_certificates'],
  },
  {
    cause: 'cause_foreign_certificates',
    page: `${page}#certificates-that-do-not-fit`,
    shownBy: ['held_not_of_bundle'],
    next: there('picket-agent once'),
    explains: [...ofRefusal, 'cause_authority_mismatch'],
  },
  {
    cause: 'cause_certificate_ended',
    page: 'renew-certificates.md#all-certificates-of-a-node-have-ended',
    shownBy: [
      'etcd_saw_expired',
      'file_ended',
      'held_ended',
      'identity_ended',
      'certificate_overdue',
      'etcd_was_refused',
    ],
    proves: (one, scene) =>
      one.code === 'etcd_was_refused'
        ? factOf(one, 'alert') === 'expired certificate'
        : isNotClients(one, scene) && (one.code !== 'certificate_overdue' || factOf(one, 'isOver') === true),
    next: (of, scene) =>
      pathIn(of.proof) === null ? there('date -u; picket-agent status')(of, scene) : show('-dates; date -u')(of, scene),
    explains: [...ofRefusal, 'cause_renewal_late', 'cause_authority_mismatch'],
  },
  {
    cause: 'cause_certificate_early',
    page: 'fix-a-wrong-clock.md#certificates-that-were-issued-by-the-wrong-clock',
    shownBy: ['etcd_saw_not_yet_valid', 'file_begins_later', 'valid_only_from'],
    proves: isNotClients,
    next: show('-dates; date -u'),
    explains: ofRefusal,
  },
  {
    cause: 'cause_authority_mismatch',
    page: `${page}#certificates-that-do-not-fit`,
    shownBy: ['etcd_saw_unknown_authority', 'file_of_other_authority', 'etcd_was_refused'],
    proves: (one, scene) =>
      one.code === 'etcd_was_refused'
        ? factOf(one, 'alert') === 'unknown certificate authority'
        : isNotClients(one, scene),
    next: show('-issuer -subject'),
    explains: ofRefusal,
  },
  {
    cause: 'cause_name_missing',
    page: `${page}#a-name-is-missing-in-a-certificate`,
    shownBy: ['etcd_saw_no_name', 'file_lacks_name'],
    proves: isNotClients,
    next: show('-subject -ext subjectAltName'),
    explains: ofRefusal,
  },
];

export const clientRules: readonly Rule[] = [
  {
    cause: 'cause_client_refused',
    page: 'connect-a-client.md#if-it-fails',
    shownBy: [
      'etcd_saw_key_usage',
      'etcd_saw_unknown_authority',
      'etcd_saw_expired',
      'etcd_saw_not_yet_valid',
      'etcd_saw_no_name',
      'etcd_client_refuses',
    ],
    proves: isClients,
    next: show('-issuer -dates -ext subjectAltName'),
  },
];
