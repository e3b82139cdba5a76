import fc from 'fast-check';
import { hashCheckOf } from '../../src/etcd-config/hash-check.ts';
import { memberConfig, peerUrl } from '../../src/etcd-config/member-config.ts';
import { clusterStates, compactionModes, type EtcdConfig, logLevels } from '../../src/etcd-config/model.ts';

const place = { address: '192.168.7.11', advertise: 'ip', fqdn: 'x-k3s-m-1.edge.huatai.me' } as const;

/** A right configuration of the seed's first host, with some fields changed. */
export function seedConfig(changes: Partial<EtcdConfig> = {}): EtcdConfig {
  const config = memberConfig({
    ...place,
    name: 'x-k3s-m-1',
    members: [{ name: 'x-k3s-m-1', peerUrl: peerUrl(place) }],
    dataDir: '/var/lib/etcd/0001',
    etcDir: '/etc/etcd',
    logFile: '/var/log/etcd/etcd.log',
    state: 'new',
    token: 'x-k3s.0123456789abcdef',
    etcdMinor: '3.5',
  });
  return { ...config, ...changes };
}

/** Strings that some YAML reads as something else, or that break a line. */
export const evilStrings = [
  '',
  ' ',
  ' a ',
  'yes',
  'No',
  'on',
  'y',
  'true',
  'null',
  '~',
  '0x1',
  '0o7',
  '010',
  '1_000',
  '1e3',
  '.inf',
  '.nan',
  '12:30:45',
  '2001-01-01',
  '<<',
  '=',
  '!!str x',
  '!',
  '&a',
  '*a',
  '- a',
  '? a',
  'a: b',
  'a #b',
  '#',
  '{a}',
  '[a]',
  '|',
  '>',
  '%YAML 1.1',
  '---',
  '...',
  '@',
  '`',
  "'",
  '"',
  '\\',
  '\\"',
  '\\ud83d',
  '\n',
  'a\nb',
  'a\r\nb',
  '\t',
  '\0',
  '\u0007',
  '\u001b[31m',
  '\u007f',
  '\u0085',
  '\u00a0',
  '\u2028',
  '\u2029',
  '\ufeff',
  '\ufffe',
  '\uffff',
  '主机',
  'é',
  'e\u0301',
  '😀',
  '\u202e',
  '{problems}',
  '$&',
] as const;

const anyText = fc.oneof(
  fc.constantFrom(...evilStrings),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.array(fc.constantFrom(...evilStrings), { maxLength: 4 }).map((parts) => parts.join('')),
);
const listItem = anyText.map((value) => value.replaceAll(',', '')).filter((value) => value !== '');
const memberName = listItem.map((value) => value.replaceAll('=', '')).filter((value) => value !== '');
const urls = fc.array(listItem, { minLength: 1, maxLength: 3 });
const plain = { noNullPrototype: true } as const;
const files = fc.record({ certFile: anyText, keyFile: anyText, trustedCaFile: anyText }, plain);

/** Whatever render can write, right or not: any strings, but no commas within lists. */
export const anyConfig: fc.Arbitrary<EtcdConfig> = fc
  .tuple(
    fc.record(
      {
        name: anyText,
        dataDir: anyText,
        listenPeerUrls: urls,
        listenClientUrls: urls,
        listenMetricsUrls: urls,
        initialAdvertisePeerUrls: urls,
        advertiseClientUrls: urls,
        initialCluster: fc.array(fc.record({ name: memberName, peerUrl: listItem }, plain), {
          minLength: 1,
          maxLength: 5,
        }),
        initialClusterState: fc.constantFrom(...clusterStates),
        initialClusterToken: anyText,
        heartbeatIntervalMs: fc.maxSafeNat(),
        electionTimeoutMs: fc.maxSafeNat(),
        snapshotCount: fc.maxSafeNat(),
        quotaBackendBytes: fc.maxSafeNat(),
        autoCompactionMode: fc.constantFrom(...compactionModes),
        autoCompactionRetention: anyText,
        logLevel: fc.constantFrom(...logLevels),
        strictReconfigCheck: fc.constant(true as const),
        logger: fc.constant('zap' as const),
        logFile: anyText,
        enableLogRotation: fc.constant(true as const),
        logRotation: fc.record(
          { maxSize: fc.maxSafeNat(), maxBackups: fc.maxSafeNat(), compress: fc.boolean() },
          plain,
        ),
        clientTls: files,
        peerTls: files,
      },
      plain,
    ),
    fc.constantFrom('3.5', '3.6', '3.7'),
  )
  .map(([config, minor]) => ({ ...config, ...hashCheckOf(minor) }));
