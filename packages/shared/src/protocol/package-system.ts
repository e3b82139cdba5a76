import type { Static } from 'typebox';
import * as Type from 'typebox';
import { strict } from './primitives.ts';
import { oneOf, orNull } from './unions.ts';

/**
 * What decides which command installs a package of etcd on a machine. These are facts and no command: what a node reports must never become a
 * command for root.
 */
export const PackageSystem = Type.Object(
  {
    /** By os-release(5). `other`: Picket knows no command for its packages. */
    id: oneOf('alpine', 'debian', 'raspbian', 'other'),
    /** Such as `3.23` or `13`; null if os-release has no number, as for testing and unstable. */
    release: orNull(Type.String({ pattern: '^[0-9]{1,4}(\\.[0-9]{1,4})?$' })),
    /** The root file system is in memory: the next boot has only what `lbu` has saved. */
    inMemory: Type.Boolean(),
    /** `etcdBinary` in agent.yml names the etcd: no package brings it. */
    ownBinary: Type.Boolean(),
  },
  strict,
);
export type PackageSystem = Static<typeof PackageSystem>;
