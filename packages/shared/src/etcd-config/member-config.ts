import { failure } from '../errors.ts';
import { isLoopback } from '../names.ts';
import { defaultTuning, logRotation } from './default-tuning.ts';
import { hashCheckOf } from './hash-check.ts';
import type { EtcdConfig, InitialMember, Tuning } from './model.ts';
import { formatUrl } from './urls.ts';

/** Whether a member advertises its address, which needs no DNS, or its name, as in the seed. */
export type Advertise = 'ip' | 'name';

export interface MemberPorts {
  readonly client: number;
  readonly peer: number;
  readonly metrics: number;
}

/** etcd's own ports for clients and peers, and the next free one for metrics. */
export const defaultPorts: MemberPorts = { client: 2379, peer: 2380, metrics: 2381 };

/** The address and ports of a member. */
export interface MemberPlace {
  /** The member's IP address, canonical. */
  readonly address: string;
  readonly advertise: Advertise;
  /** The fully-qualified name; needed to advertise by name. */
  readonly fqdn?: string | undefined;
  readonly ports?: MemberPorts;
}

/** The settings of one member, from the spec and the progress of its cluster. */
export interface MemberFacts extends MemberPlace {
  readonly name: string;
  /** The members in `initial-cluster`, including this one. */
  readonly members: readonly InitialMember[];
  /** `ROOT/INCARNATION` (R4). */
  readonly dataDir: string;
  /** The directory of the certificate files, such as /etc/etcd. */
  readonly etcDir: string;
  /** etcd's own log. */
  readonly logFile: string;
  readonly state: EtcdConfig['initialClusterState'];
  readonly token: string;
  readonly tuning?: Partial<Tuning>;
  /** Metrics are also on the member's address, over plain HTTP. Omitted: on loopback alone. */
  readonly metricsOnAddress?: boolean;
  /** The minor version of etcd that reads the file, such as `3.5`; null, not known, is taken for 3.5. */
  readonly etcdMinor: string | null;
}

/**
 * The URL at which peers dial a member.
 * @throws PicketError etcd_config_invalid if the URL should have a name and the member has none.
 */
export function peerUrl(place: MemberPlace): string {
  return formatUrl('https', dialledHost(place), portsOf(place).peer);
}

/**
 * The URL at which clients reach a member.
 * @throws PicketError etcd_config_invalid if the URL should have a name and the member has none.
 */
export function clientUrl(place: MemberPlace): string {
  return formatUrl('https', dialledHost(place), portsOf(place).client);
}

/**
 * The configuration of one member, not validated. A member on a loopback address listens only on that address (the demo has
 * three members on one machine). Any other member also serves clients on 127.0.0.1, for etcdctl and the agent.
 * @throws PicketError etcd_config_invalid if the member should advertise a name and has none.
 */
export function memberConfig(facts: MemberFacts): EtcdConfig {
  const { address, etcDir } = facts;
  const ports = portsOf(facts);
  const alone = isLoopback(address);
  return {
    ...defaultTuning,
    ...facts.tuning,
    name: facts.name,
    dataDir: facts.dataDir,
    listenPeerUrls: [formatUrl('https', address, ports.peer)],
    listenClientUrls: [
      formatUrl('https', address, ports.client),
      ...(alone ? [] : [formatUrl('https', '127.0.0.1', ports.client)]),
    ],
    // The agent asks the first one.
    listenMetricsUrls: [
      formatUrl('http', alone ? address : '127.0.0.1', ports.metrics),
      ...(facts.metricsOnAddress === true && !alone ? [formatUrl('http', address, ports.metrics)] : []),
    ],
    initialAdvertisePeerUrls: [peerUrl(facts)],
    advertiseClientUrls: [clientUrl(facts)],
    initialCluster: facts.members.map(({ name, peerUrl: url }) => ({ name, peerUrl: url })),
    initialClusterState: facts.state,
    initialClusterToken: facts.token,
    strictReconfigCheck: true,
    logger: 'zap',
    logFile: facts.logFile,
    enableLogRotation: true,
    logRotation,
    ...hashCheckOf(facts.etcdMinor),
    clientTls: { certFile: `${etcDir}/server.pem`, keyFile: `${etcDir}/server.pem`, trustedCaFile: `${etcDir}/ca.pem` },
    peerTls: { certFile: `${etcDir}/peer.pem`, keyFile: `${etcDir}/peer.pem`, trustedCaFile: `${etcDir}/peer-ca.pem` },
  };
}

function portsOf({ ports }: MemberPlace): MemberPorts {
  return ports ?? defaultPorts;
}

function dialledHost({ address, advertise, fqdn }: MemberPlace): string {
  if (advertise === 'ip') return address;
  if (fqdn !== undefined) return fqdn;
  throw failure('etcd_config_invalid', {
    problems: `the member at ${address} should be advertised by name but has none; give the cluster a domain, or advertise addresses`,
  });
}
