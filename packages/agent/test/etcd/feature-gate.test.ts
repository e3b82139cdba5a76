import t from 'tap';
import { readFeatureGate } from '../../src/etcd/feature-gate.ts';

/** Lines of etcd 3.6.14. */
const text = `# TYPE etcd_server_feature_enabled gauge
etcd_server_feature_enabled{name="AllAlpha",stage="ALPHA"} 0
etcd_server_feature_enabled{name="CompactHashCheck",stage="ALPHA"} 1
etcd_server_feature_enabled{name="TxnModeWriteWithSharedBuffer",stage="BETA"} 1
`;

t.test('a feature gate is on or off, or not known', async (t) => {
  t.equal(readFeatureGate(text, 'CompactHashCheck'), true);
  t.equal(readFeatureGate(text, 'AllAlpha'), false);
  t.equal(readFeatureGate(text, 'Compact'), null, 'not the beginning of another name');
  t.equal(readFeatureGate('', 'CompactHashCheck'), null, 'etcd 3.5 has no such metric');
});
