import t from 'tap';
import { Exposition } from '../../src/metrics/exposition.ts';
import { sample } from '../../src/metrics/families.ts';

const seriesOf = (text: string, family: string) => text.split('\n').filter((line) => line.startsWith(family));

t.test('label values are escaped', async (t) => {
  const text = await new Exposition().render([sample('picket_build_info', { version: 'a"b\\c\nd' }, 1)]);
  t.strictSame(seriesOf(text, 'picket_build_info'), ['picket_build_info{version="a\\"b\\\\c\\nd"} 1']);
});

t.test('samples with the same labels are one series, their sum', async (t) => {
  const nodes = (kind: string) => sample('picket_nodes', { cluster: 'k3s', kind }, 1);
  const text = await new Exposition().render([nodes('member'), nodes('client'), nodes('member')]);
  t.strictSame(seriesOf(text, 'picket_nodes'), [
    'picket_nodes{cluster="k3s",kind="member"} 2',
    'picket_nodes{cluster="k3s",kind="client"} 1',
  ]);
});
