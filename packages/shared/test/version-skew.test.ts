import t from 'tap';
import { versionsFit } from '../src/version-skew.ts';

for (const [agent, coordinator, fit] of [
  ['0.1.0', '0.1.7', true],
  ['0.2.0', '0.1.0', true],
  ['0.1.0', '0.2.3', true],
  ['1.4.0-rc.1', '1.5.0', true],
  ['0.3.0', '0.1.0', false],
  ['0.1.0', '0.3.0', false],
  ['1.0.0', '0.9.0', false],
  ['1.10.0', '1.9.0', true],
  ['unknown', '0.1.0', false],
] as const) {
  t.equal(versionsFit(agent, coordinator), fit, `agent ${agent}, coordinator ${coordinator}`);
}
