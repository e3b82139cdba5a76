import t from 'tap';
import { Exposition } from '../../src/metrics/exposition.ts';
import { type Sample, sample } from '../../src/metrics/families.ts';

async function textOf(...parts: readonly (readonly Sample[])[]): Promise<string> {
  const text = new Exposition().begin();
  for (const part of parts) text.add(part);
  return (await text.finish()).toString();
}
const seriesOf = (text: string, family: string) => text.split('\n').filter((line) => line.startsWith(family));

t.test('label values are escaped', async (t) => {
  const text = await textOf([sample('picket_build_info', { version: 'a"b\\c\nd' }, 1)]);
  t.strictSame(seriesOf(text, 'picket_build_info'), ['picket_build_info{version="a\\"b\\\\c\\nd"} 1']);
});

t.test('samples with the same labels are one series, their sum', async (t) => {
  const nodes = (kind: string) => sample('picket_nodes', { cluster: 'k3s', kind }, 1);
  const text = await textOf([nodes('member'), nodes('client'), nodes('member')]);
  t.strictSame(seriesOf(text, 'picket_nodes'), [
    'picket_nodes{cluster="k3s",kind="member"} 2',
    'picket_nodes{cluster="k3s",kind="client"} 1',
  ]);
});

t.test('the samples of one family stand together, whichever cluster they are of', async (t) => {
  const of = (cluster: string) => [
    sample('picket_nodes', { cluster, kind: 'member' }, 3),
    sample('picket_cluster_voters', { cluster }, 3),
  ];
  const text = await textOf(of('a'), of('b'));
  t.strictSame(
    text.split('\n').filter((line) => /^(# TYPE )?picket_(nodes|cluster_voters)/.test(line)),
    [
      '# TYPE picket_nodes gauge',
      'picket_nodes{cluster="a",kind="member"} 3',
      'picket_nodes{cluster="b",kind="member"} 3',
      '# TYPE picket_cluster_voters gauge',
      'picket_cluster_voters{cluster="a"} 3',
      'picket_cluster_voters{cluster="b"} 3',
    ],
  );
});
