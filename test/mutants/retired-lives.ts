import type { Mutant } from './mutant.ts';

const file = 'packages/coordinator/src/controller/membership/retired-lives.ts';
const health = 'packages/coordinator/src/model/health.ts';
const caughtBy = 'packages/coordinator/test/controller/membership/retired-lives.test.ts';

/** What keeps a life that is over from being forgotten too early, and the table of them from growing for ever. */
export const retiredLives: readonly Mutant[] = [
  {
    id: 'forgets-before-confirmed',
    rule: 'R4',
    does: 'forgets a life before its node has confirmed that it is put away',
    file,
    in: 'isPutAway',
    guard: 'hasApplied(node) && $1',
    without: '$1',
    caughtBy,
  },
  {
    id: 'believes-another-machine',
    rule: 'R4',
    does: 'takes the word of another machine for that of the one that has lived a life',
    file,
    in: 'isPutAway',
    guard: 'nodeId === undefined || node?.nodeId !== nodeId',
    without: 'nodeId === undefined || node === undefined',
    caughtBy,
  },
  {
    id: 'forgets-what-may-run',
    rule: 'R4',
    does: 'forgets a life whose etcd may still run',
    file,
    in: 'mayRun',
    guard: 'service.incarnation === life',
    without: '',
    caughtBy,
  },
  {
    id: 'forgets-an-unknown-etcd',
    rule: 'R4',
    does: 'forgets a life while an etcd of a life that its agent does not know runs',
    file,
    in: 'mayRun',
    guard: "service.state === 'running'",
    without: "service.state === 'absent'",
    caughtBy,
  },
  {
    id: 'keeps-each-gone-life',
    rule: 'R18',
    does: 'keeps the lives of all machines that ever gave way to others',
    file,
    in: 'retirement',
    guard: '$1.length >= mostRetiredOfGone',
    without: '$1.length > 10 * mostRetiredOfGone',
    caughtBy,
  },
  {
    id: 'forgets-an-etcd-of-no-life',
    rule: 'R4',
    does: 'forgets a life while an etcd runs whose life its agent cannot tell',
    file,
    in: 'mayRun',
    guard: 'service.incarnation === null',
    without: '',
    caughtBy,
  },
  {
    id: 'admits-with-any-life',
    rule: 'R18',
    does: 'adds a member whose node reports a life that it was not given',
    file: health,
    in: 'prepared',
    guard: 'incarnation !== present',
    without: 'incarnation === present',
    caughtBy,
  },
  {
    id: 'enters-with-any-number-of-lives',
    rule: 'R18',
    does: 'adds a member again however many lives its node has not put away',
    file,
    in: 'tooManyLives',
    guard: 'kept < mostFormerLives',
    without: 'kept < 10 * mostFormerLives',
    caughtBy,
  },
];
