import { parseDocument } from 'yaml';

/** The files of a `…-transport-security` section; null where it names none. */
export interface TlsFiles {
  readonly certFile: string | null;
  readonly keyFile: string | null;
  readonly trustedCaFile: string | null;
  /** Clients, or peers, must show a certificate. */
  readonly asksForCertificate: boolean;
  /** What etcd shows as a client, if not the server certificate. */
  readonly clientCertFile: string | null;
}

/** What a diagnosis needs of a conf.yml, whoever wrote it. */
export interface AnyConf {
  readonly name: string | null;
  readonly dataDir: string | null;
  readonly logFile: string | null;
  /** The keys of the file with the URLs where etcd listens. */
  readonly listen: readonly { readonly key: string; readonly url: string }[];
  readonly advertisedToPeers: readonly string[];
  readonly advertisedToClients: readonly string[];
  readonly members: readonly { readonly name: string; readonly host: string }[];
  readonly client: TlsFiles;
  readonly peer: TlsFiles;
}

/** Of a longer file nobody made an etcd. */
const mostBytes = 65_536;
const mostMembers = 50;

/** Reads it as etcd does: keys that it does not know are left out. null for a text that is no conf.yml. Pure. */
export function readAnyConf(text: string): AnyConf | null {
  if (text.length > mostBytes) return null;
  const root = rootOf(text);
  if (typeof root !== 'object' || root === null || Array.isArray(root)) return null;
  const fields = root as Fields;
  const urls = (key: string) => listOf(fields[key]);
  const listenKeys = ['listen-peer-urls', 'listen-client-urls', 'listen-metrics-urls'];
  return {
    name: textOf(fields.name),
    dataDir: pathOf(fields['data-dir']),
    logFile: urls('log-outputs').find((one) => one.startsWith('/')) ?? null,
    listen: listenKeys.flatMap((key) => urls(key).map((url) => ({ key, url }))),
    advertisedToPeers: urls('initial-advertise-peer-urls'),
    advertisedToClients: urls('advertise-client-urls'),
    members: urls('initial-cluster')
      .slice(0, mostMembers)
      .flatMap((entry) => {
        const [, name, url = ''] = /^([^=]{1,128})=(.+)$/.exec(entry) ?? [];
        const host = hostOf(url);
        return name === undefined || host === null ? [] : [{ name, host }];
      }),
    client: filesOf(fields['client-transport-security']),
    peer: filesOf(fields['peer-transport-security']),
  };
}

/** null for text that is no YAML, and for aliases, which no conf.yml needs. */
function rootOf(text: string): unknown {
  const document = parseDocument(text, { logLevel: 'silent' });
  if (document.errors.length > 0) return null;
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    return null;
  }
}

/** The host of a URL, an IPv6 address without brackets; null if it is no URL. */
export function hostOf(url: string): string | null {
  const host = URL.parse(url)?.hostname ?? '';
  return host === '' ? null : host.replace(/^\[(.*)\]$/, '$1');
}

type Fields = Readonly<Record<string, unknown>>;

function filesOf(section: unknown): TlsFiles {
  const fields = (typeof section === 'object' && section !== null ? section : {}) as Fields;
  return {
    certFile: pathOf(fields['cert-file']),
    keyFile: pathOf(fields['key-file']),
    trustedCaFile: pathOf(fields['trusted-ca-file']),
    asksForCertificate: fields['client-cert-auth'] === true || pathOf(fields['trusted-ca-file']) !== null,
    clientCertFile: pathOf(fields['client-cert-file']),
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= 128 ? value : null;
}

function pathOf(value: unknown): string | null {
  return typeof value === 'string' && value.startsWith('/') && value.length <= 4095 ? value : null;
}

/** etcd takes a list as text with commas; log-outputs is a list of YAML. */
function listOf(value: unknown): readonly string[] {
  const items = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [];
  return items.filter((one): one is string => typeof one === 'string').map((one) => one.trim());
}
