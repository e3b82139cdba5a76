/**
 * Whether a feature gate is on, from etcd's metric `etcd_server_feature_enabled` in Prometheus text. null if the text has no such
 * metric: etcd before 3.6, or one that does not know the gate.
 */
export function readFeatureGate(text: string, gate: string): boolean | null {
  const begin = text.indexOf(`\netcd_server_feature_enabled{name="${gate}",`);
  if (begin === -1) return null;
  const [, value] =
    text
      .slice(begin + 1, begin + 200)
      .split('\n', 1)[0]
      ?.split('} ') ?? [];
  return value === '1' ? true : value === '0' ? false : null;
}
