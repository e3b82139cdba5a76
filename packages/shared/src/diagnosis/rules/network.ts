import { type AnyReason, factOf } from '../../reasons/reason.ts';
import { ofDownEtcd } from './consequences.ts';
import { memberAt, type Scene, type SceneMember } from './evidence.ts';
import { hostIn, listsListeners, type Rule, there, urlIn } from './rule.ts';

const page = 'find-the-cause.md#peers-that-cannot-be-reached';
const consequences = ['cause_voter_down', 'cause_no_quorum'] as const;

/** Tries the connection again that etcd could not make. */
const connect: Rule['next'] = ({ proof }, { place, members }) => {
  const seen = proof.find(({ reason }) => peerIn(reason, members) !== null) ?? proof[0];
  const peer = seen === undefined ? null : peerIn(seen.reason, members);
  const url = urlIn(seen === undefined ? [] : [seen], 'remote');
  const host = peer?.address ?? url?.hostname ?? hostIn(proof, 'remote') ?? members[0]?.address;
  if (host === undefined) return null;
  const command = `nc -zv -w 5 ${host.replace(/^\[(.*)\]$/, '$1')} ${url?.port || '2380'}`;
  const about = seen?.about ?? null;
  const from = peer === null || peer.name === about ? otherThan(about, members) : about;
  return { command, on: place === 'board' ? null : from };
};

function peerIn(one: AnyReason, members: Scene['members']): SceneMember | null {
  return memberAt(factOf(one, 'remote'), members);
}

/** The etcd that refuses a connection does not run, unless it serves: then something between the two refuses it. */
function isDown(one: AnyReason, { place, members, failing }: Scene): boolean {
  const peer = peerIn(one, members);
  return place === 'board' || failing.length === 0 || peer === null || failing.includes(peer.name);
}

/** Where to run the command: on any other member than the unreachable one. */
function otherThan(member: string | null, members: Scene['members']): string | null {
  return members.find(({ name }) => name !== member)?.name ?? null;
}

export const nameRules: readonly Rule[] = [
  {
    cause: 'cause_dns',
    page: 'name-the-cluster-in-dns.md',
    shownBy: ['etcd_name_unknown'],
    next: there((proof) => `getent hosts ${hostIn(proof, 'name') ?? 'NAME'}`),
    explains: [...consequences, 'cause_peer_unreachable', 'cause_peer_refused', 'cause_name_missing'],
  },
];

export const networkRules: readonly Rule[] = [
  {
    cause: 'cause_peer_refused',
    page,
    shownBy: ['etcd_connection_refused'],
    proves: isDown,
    next: there('rc-service etcd status || systemctl status etcd'),
    explains: [...consequences, 'cause_peer_unreachable'],
  },
  {
    cause: 'cause_peer_unreachable',
    page,
    shownBy: ['etcd_connection_lost', 'etcd_connection_refused'],
    proves: (one, scene) => one.code === 'etcd_connection_lost' || !isDown(one, scene),
    next: connect,
    explains: consequences,
  },
  {
    cause: 'cause_peer_tls',
    page: 'find-the-cause.md#certificates-that-do-not-fit',
    shownBy: ['etcd_was_refused'],
    next: there('openssl x509 -in /etc/etcd/peer.pem -noout -issuer -subject -dates -ext subjectAltName'),
    explains: consequences,
  },
];

export const portRules: readonly Rule[] = [
  {
    cause: 'cause_port_taken',
    page: 'find-the-cause.md#a-port-that-is-taken',
    shownBy: ['port_to_be_free', 'etcd_port_taken'],
    next: listsListeners,
    explains: [...ofDownEtcd, 'cause_other_etcd'],
  },
  {
    cause: 'cause_address_missing',
    page: 'correct-a-declaration.md',
    shownBy: ['etcd_address_missing'],
    next: there('ip addr'),
    explains: ofDownEtcd,
  },
];
