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
    find: 'status !== null && status.agent.generationApplied >= generation',
    replace: 'status !== null && status.agent.generationApplied <= generation',
    caughtBy,
  },
  {
    id: 'believes-another-machine',
    rule: 'R4',
    does: 'takes the word of another machine for that of the one that has lived a life',
    file,
    find: 'nodeId === undefined || node?.nodeId !== nodeId || ',
    replace: 'nodeId === undefined || node === undefined || ',
    caughtBy,
  },
  {
    id: 'forgets-what-may-run',
    rule: 'R4',
    does: 'forgets a life whose etcd may still run',
    file,
    find: 'service === undefined || service.incarnation === life',
    replace: 'service === undefined',
    caughtBy,
  },
  {
    id: 'forgets-an-unknown-etcd',
    rule: 'R4',
    does: 'forgets a life while an etcd of a life that its agent does not know runs',
    file,
    find: "service.state === 'running' && ",
    replace: "service.state === 'absent' && ",
    caughtBy,
  },
  {
    id: 'keeps-each-gone-life',
    rule: 'R18',
    does: 'keeps the lives of all machines that ever gave way to others',
    file,
    find: '>= mostRetiredOfGone',
    replace: '> 10 * mostRetiredOfGone',
    caughtBy,
  },
  {
    id: 'forgets-an-etcd-of-no-life',
    rule: 'R4',
    does: 'forgets a life while an etcd runs whose life its agent cannot tell',
    file,
    find: '(service.incarnation === null || service.incarnation !== present)',
    replace: 'service.incarnation !== present',
    caughtBy,
  },
  {
    id: 'admits-with-any-life',
    rule: 'R18',
    does: 'adds a member whose node reports a life that it was not given',
    file: health,
    find: 'incarnation !== present && !wasGiven(name, incarnation, progress)',
    replace: 'incarnation === present && !wasGiven(name, incarnation, progress)',
    caughtBy,
  },
  {
    id: 'enters-with-any-number-of-lives',
    rule: 'R18',
    does: 'adds a member again however many lives its node has not put away',
    file,
    find: 'kept < mostFormerLives',
    replace: 'kept < 10 * mostFormerLives',
    caughtBy,
  },
];
