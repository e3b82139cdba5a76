/** The version that undici, kysely and better-sqlite3 need, and that Alpine 3.22 has. */
const least = { major: 22, minor: 19 } as const;

/** Why a program of Picket should not run with this Node.js, in words; null if it can. */
export function nodeVersionProblem(version: string): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > least.major || (major === least.major && minor >= least.minor)) return null;
  return `this is Node.js ${version}, and ${least.major}.${least.minor} or newer is needed; install it (apk add nodejs)`;
}
