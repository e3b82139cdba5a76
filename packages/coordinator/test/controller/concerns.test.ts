import t from 'tap';
import { concerns, deciders } from '../../src/controller/concerns.ts';
import { versionConcern } from '../../src/controller/version/concern.ts';
import { type Concern, unchanged } from '../../src/model/concern.ts';
import { emptyProgress } from '../../src/model/progress.ts';
import { Scene } from './support/situations.ts';

t.test('whatever a concern decides has one place in the order', (t) => {
  const all = Object.values(concerns).flatMap(({ decide }) => Object.values(decide));
  t.ok(all.length > 0);
  t.equal(new Set(deciders).size, deciders.length);
  t.same(new Set(deciders), new Set(all));
  t.end();
});

t.test('each hook changes only the part of its concern', (t) => {
  const scene = Scene.formed(3);
  const parts = Object.entries(concerns).map(([name, concern]) => {
    const shift = (at: number) => at + 1;
    const { progress } = scene;
    const changes = {
      ...concern.onFreeze(progress, scene.now),
      ...concern.onClockStep(progress, shift),
      ...concern.onStart(progress, scene.now),
      ...concern.onReset(progress, scene.status()),
    };
    return [name, Object.keys(changes)] as const;
  });
  const touched = parts.flatMap(([, fields]) => fields);
  t.equal(new Set(touched).size, touched.length, 'no field is changed by two');
  t.same(
    touched.filter((field) => !Object.hasOwn(emptyProgress, field)),
    [],
  );
  t.end();
});

t.test('an incomplete concern does not compile', (t) => {
  const { onFreeze: _forgotten, ...rest } = versionConcern;
  // @ts-expect-error a hook is missing
  const withoutHook: Concern<'version'> = rest;
  // @ts-expect-error its step is missing
  const withoutStep: Concern<'version'> = { ...versionConcern, apply: {} };
  const { apply } = versionConcern;
  // @ts-expect-error the step is of another concern
  const withForeignStep: Concern<'version'> = { ...versionConcern, apply: { ...apply, freeze: unchanged } };
  // @ts-expect-error the field is of another concern
  const withForeignField: Concern<'version'> = { ...versionConcern, onReset: () => ({ frozen: null }) };
  t.equal([withoutHook, withoutStep, withForeignStep, withForeignField].length, 4);
  t.end();
});
