import t from 'tap';
import { expressionsOfPrograms } from '../lint/expressions-of-programs.ts';
import { problemOfExpression } from '../lint/judge-expression.ts';

t.test('R18: no regular expression of a program takes longer than linear time, whatever the record says', (t) => {
  for (const [written, one] of expressionsOfPrograms()) {
    t.equal(problemOfExpression(one), null, `${written} in ${one.file}`);
  }
  t.end();
});
