import t from 'tap';
import { clockWatch } from '../../src/executor/clock-watch.ts';

t.test('a clock that goes on was not set', (t) => {
  const { watch, pass } = clocks();
  pass(86_400_000, 86_400_000);
  t.equal(watch.wasSet(), false);
  t.end();
});

t.test('a clock that is set, ahead or back, is seen once', (t) => {
  for (const [byWall, elapsed] of [
    [3_600_000, 10],
    [-3_600_000, 10],
    [0, 90_000],
  ] as const) {
    const { watch, pass } = clocks();
    pass(byWall, elapsed);
    t.equal(watch.wasSet(), true);
    pass(2000, 2000);
    t.equal(watch.wasSet(), false);
  }
  t.end();
});

t.test('a clock that is slewed was not set', (t) => {
  const { watch, pass } = clocks();
  const seen = Array.from({ length: 3600 }, () => {
    pass(2001, 2000);
    return watch.wasSet();
  });
  t.notOk(seen.includes(true));
  t.end();
});

function clocks() {
  let [wall, counted] = [1_700_000_000_000, 5000];
  const watch = clockWatch(
    () => wall,
    () => counted,
  );
  const pass = (byWall: number, elapsed: number): void => {
    wall += byWall;
    counted += elapsed;
  };
  return { watch, pass };
}
