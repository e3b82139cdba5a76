import t from 'tap';
import { concerns, deciders, ofEach } from '../../src/controller/concerns.ts';
import { permitsConcern } from '../../src/controller/permits/concern.ts';
import { versionConcern } from '../../src/controller/version/concern.ts';
import type { Concern } from '../../src/model/concern.ts';
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
  const { progress } = scene;
  const touched = ofEach((concern) =>
    Object.keys({
      ...concern.instants,
      ...concern.onFreeze?.(progress, scene.now),
      ...concern.onStart?.(progress, scene.now),
      ...concern.onReset?.(progress, scene.status()),
    }),
  ).flat();
  t.equal(new Set(touched).size, touched.length, 'no field is changed by two');
  t.same(
    touched.filter((field) => !Object.hasOwn({ ...emptyProgress, handedOver: null }, field)),
    [],
  );
  t.end();
});

t.test('no two concerns give the audit log the same fact', (t) => {
  const { progress, spec } = Scene.formed(3);
  const facts = ofEach(({ audited }) => Object.keys(audited?.(progress) ?? {})).flat();
  t.equal(new Set([...facts, ...Object.keys(spec)]).size, facts.length + Object.keys(spec).length);
  t.end();
});

t.test('an incomplete concern does not compile', (t) => {
  // @ts-expect-error its step is missing
  const withoutStep: Concern<'version'> = { ...versionConcern, apply: {} };
  const { apply } = versionConcern;
  // @ts-expect-error the step is of another concern
  const withForeignStep: Concern<'version'> = { ...versionConcern, apply: { ...apply, freeze: () => ({}) } };
  // @ts-expect-error the field is of another concern
  const withForeignField: Concern<'version'> = { ...versionConcern, onReset: () => ({ frozen: null }) };
  const { instants, ...rest } = permitsConcern;
  // @ts-expect-error its instants are missing
  const withoutInstants: Concern<'permits'> = rest;
  // @ts-expect-error one of them is missing
  const withoutOne: Concern<'permits'> = { ...rest, instants: { permit: instants.permit } };
  // @ts-expect-error it has none
  const withInstants: Concern<'version'> = { ...versionConcern, instants: { etcdMinor: true } };
  t.equal([withoutStep, withForeignStep, withForeignField, withoutInstants, withoutOne, withInstants].length, 6);
  t.end();
});
