/** The version that an etcd without a leader names in the text of its metrics; null if it has one, or the text does not say both. */
export function readLeaderlessVersion(text: string): string | null {
  if (!/^etcd_server_has_leader 0$/m.test(text)) return null;
  return /^etcd_server_version\{server_version="([0-9A-Za-z.+-]{1,64})"\} 1$/m.exec(text)?.[1] ?? null;
}
