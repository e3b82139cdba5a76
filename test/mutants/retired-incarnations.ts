import type { Mutant } from './mutant.ts';

const file = 'packages/coordinator/src/controller/membership/retired-incarnations.ts';
const prepared = 'packages/coordinator/src/model/prepared.ts';
const caughtBy = 'packages/coordinator/test/controller/membership/retired-incarnations.test.ts';

/** What keeps an incarnation that is over from being forgotten too early, and the table of them from growing for ever. */
export const retiredIncarnations: readonly Mutant[] = [
  {
    id: 'forgets-before-confirmed',
    rule: 'R4',
    does: 'forgets an incarnation before its node has confirmed that it is put away',
    file,
    in: 'isPutAway',
    guard: 'hasApplied(node) && $1',
    without: '$1',
    caughtBy,
  },
  {
    id: 'believes-another-machine',
    rule: 'R4',
    does: 'takes the word of another machine for that of the one that has lived an incarnation',
    file,
    in: 'isPutAway',
    guard: 'nodeId === undefined || node?.nodeId !== nodeId',
    without: 'nodeId === undefined || node === undefined',
    caughtBy,
  },
  {
    id: 'forgets-what-may-run',
    rule: 'R4',
    does: 'forgets an incarnation whose etcd may still run',
    file,
    in: 'mayRun',
    guard: 'service.incarnation === ended',
    without: '',
    caughtBy,
  },
  {
    id: 'forgets-an-unknown-etcd',
    rule: 'R4',
    does: 'forgets an incarnation while an etcd of an incarnation that its agent does not know runs',
    file,
    in: 'mayRun',
    guard: "service.state === 'running'",
    without: "service.state === 'absent'",
    caughtBy,
  },
  {
    id: 'keeps-each-gone-incarnation',
    rule: 'R18',
    does: 'keeps the incarnations of all machines that ever gave way to others',
    file,
    in: 'retirement',
    guard: '$1.length >= mostRetiredOfGone',
    without: '$1.length > 10 * mostRetiredOfGone',
    caughtBy,
  },
  {
    id: 'forgets-an-etcd-of-no-incarnation',
    rule: 'R4',
    does: 'forgets an incarnation while an etcd runs whose incarnation its agent cannot tell',
    file,
    in: 'mayRun',
    guard: 'service.incarnation === null',
    without: '',
    caughtBy,
  },
  {
    id: 'admits-with-any-incarnation',
    rule: 'R18',
    does: 'adds a member whose node reports an incarnation that it was not given',
    file: prepared,
    in: 'prepared',
    guard: 'incarnation !== present',
    without: 'incarnation === present',
    caughtBy,
  },
  {
    id: 'enters-with-any-number-of-incarnations',
    rule: 'R18',
    does: 'adds a member again however many incarnations its node has not put away',
    file,
    in: 'tooManyIncarnations',
    guard: 'kept < mostFormerIncarnations',
    without: 'kept < 10 * mostFormerIncarnations',
    caughtBy,
  },
];
