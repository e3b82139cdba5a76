import type { App } from '../../packages/coordinator/src/api/route.ts';

/** Every route of the application, as `METHOD /path/:parameter`, sorted; HEAD goes with GET. */
export function routesOf(app: App): string[] {
  const routes: string[] = [];
  const parents: string[] = [];
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const found = /^((?:│ {3}| {4})*)[├└]── (\S+) \((.+)\)$/.exec(line);
    if (found === null) continue;
    const [, indent = '', path = '', methods = ''] = found;
    const depth = indent.length / 4;
    parents.length = depth;
    const whole = `${parents.at(-1) ?? ''}${path}`;
    parents.push(whole);
    for (const method of methods.split(', ')) if (method !== 'HEAD') routes.push(`${method} ${whole}`);
  }
  return routes.sort();
}
