/** Why an even number of members or voters gains nothing (R3). */
export function noSaferThanOneLess(count: number, what: 'members' | 'voters'): string {
  const failures = Math.ceil(count / 2);
  const fail = failures === 1 ? 'fails' : 'fail';
  return `${count} ${what} are no safer than ${count - 1}: with either number, etcd takes no writes if ${failures} of them ${fail}`;
}
