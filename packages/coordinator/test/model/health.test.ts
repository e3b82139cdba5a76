import t from 'tap';
import { reachable } from '../../src/model/health.ts';
import { Scene } from '../controller/support/situations.ts';

const told = ({ nodes, name, now }: Scene) => reachable(nodes[name(1)], now);
const stopped = (stops: 'agent' | 'machine') => new Scene().joins(1, { agent: { stops } });

t.test('a node whose agent was stopped is not reachable once its report is old, and says why', (t) => {
  const scene = stopped('agent').wait(35);
  t.same(told(scene), { ok: true }, 'its last report still tells of now');
  t.match(told(scene.wait(1)), { ok: false, why: { code: 'agent_stopped', facts: { seconds: 36 } } });
  t.match(told(new Scene().joins(1).wait(36)), { ok: false, why: { code: 'silent' } }, 'without a goodbye');
  t.same(told(scene.joins(1)), { ok: true }, 'the next run reports');
  t.end();
});

t.test('a node whose machine stops is not reachable from then on, until its next run', (t) => {
  const scene = stopped('machine');
  t.match(told(scene), { ok: false, why: { code: 'machine_stopped', facts: { seconds: 0 } } });
  t.match(told(scene.wait(3600)), { ok: false, why: { code: 'machine_stopped', facts: { seconds: 3600 } } });
  t.same(told(scene.joins(1)), { ok: true });
  t.end();
});
