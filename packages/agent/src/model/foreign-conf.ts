/** What matters in a conf.yml that Picket did not write; etcd's own file is YAML with one key a line. */
interface ForeignConf {
  readonly dataDir: string | null;
  /**
   * True if it is like a sample from a package (Alpine's installs one at /etc/etcd/conf.yml): plain HTTP on this
   * machine only, no cluster, no certificates. Nobody has set up an etcd with it.
   */
  readonly isSample: boolean;
}

export function readForeignConf(text: string): ForeignConf {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const key = /^[ \t]*([a-z0-9-]+):/.exec(line);
    const value = key === null ? '' : unquoted(withoutComment(line.slice(key[0].length)));
    if (key?.[1] !== undefined && value !== '') values.set(key[1], value);
  }
  const urls = [...values].filter(([key]) => key.endsWith('-urls')).flatMap(([, value]) => value.split(','));
  const local = urls.every((url) => /^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/.test(url.trim()));
  const isSample =
    urls.length > 0 &&
    local &&
    !['initial-cluster', 'cert-file', 'trusted-ca-file', 'discovery'].some((key) => values.has(key));
  return { dataDir: values.get('data-dir') ?? null, isSample };
}

function withoutComment(value: string): string {
  return (value.split(/\s#/, 1)[0] ?? '').trim();
}

/** A value without the quotes around it, if the same one is at both ends. */
export function unquoted(value: string): string {
  const quote = value.slice(0, 1);
  const isQuoted = (quote === '"' || quote === "'") && value.length > 1 && value.endsWith(quote);
  return isQuoted ? value.slice(1, -1) : value;
}
