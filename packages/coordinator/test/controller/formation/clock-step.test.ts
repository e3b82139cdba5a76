import t from 'tap';
import { afterClockStep } from '../../../src/controller/clock-steps.ts';
import { progressOf } from '../../desired-state/samples.ts';

t.test('a formation keeps its age when the clock is set', async (t) => {
  const progress = progressOf('voter');
  const released = progress.formation?.releasedAt ?? Number.NaN;
  t.equal(afterClockStep(progress, 86_400_000).formation?.releasedAt, released + 86_400_000);
});
