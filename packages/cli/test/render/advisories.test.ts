import type { AdvisoriesView, AdvisoryView } from '@picket/shared/protocol/advisories.ts';
import t from 'tap';
import { renderAdvisories } from '../../src/render/advisories.ts';

const one: AdvisoryView = {
  id: 'CVE-2030-1',
  alsoKnownAs: [],
  verdict: 'applies',
  concerns: 'always',
  effect: 'loses-data',
  severity: 'high',
  versions: ['3.5.16'],
  fixed: ['3.5.40', '3.6.20'],
  means: 'Data is lost.',
  action: 'Update etcd.',
  sources: ['https://example.org'],
};
const view: AdvisoriesView = {
  cluster: 'x-k3s',
  versions: [{ version: '3.5.16', members: ['x-k3s-m-1', 'x-k3s-m-2'] }],
  advisories: [one, { ...one, id: 'etcd-1', verdict: 'depends', concerns: 'client-requests', fixed: [] }],
};

t.test('what concerns the cluster is described in full, and the rest stands in a table', async (t) => {
  const text = renderAdvisories(view);
  t.match(text, /^etcd 3\.5\.16: x-k3s-m-1, x-k3s-m-2$/m);
  t.match(
    text,
    /^- CVE-2030-1 \(high; etcd 3\.5\.16; fixed in 3\.5\.40, 3\.6\.20\)\n {4}Data is lost\.\n {4}Update etcd\.$/m,
  );
  t.match(text, /^etcd-1 +high .* if clients send such requests +-$/m);
});

t.test('what is not known yet is marked', async (t) => {
  const advisories = [{ ...one, verdict: 'unknown', concerns: 'authentication' } as const];
  const text = renderAdvisories({ ...view, advisories });
  t.match(text, /^CVE-2030-1 .*authentication is on \(not known yet\)/m);
  t.notMatch(text, /Data is lost/);
});

t.test('without a version, nothing is said about faults', async (t) => {
  t.notMatch(renderAdvisories({ cluster: 'x-k3s', versions: [], advisories: [] }), /fault/);
});
