import { Type } from 'typebox';
import type { ApiDeps } from './deps.ts';
import type { App } from './typed.ts';

const Health = Type.Object({ status: Type.Literal('ok') });

/** For monitors: the process is alive and can read its store. */
export function healthRoutes(app: App, { inventory }: ApiDeps): void {
  app.get('/healthz', { config: { access: 'monitor' }, schema: { response: { 200: Health } } }, async () => ({
    status: 'ok' as const,
  }));
  app.get('/readyz', { config: { access: 'monitor' }, schema: { response: { 200: Health } } }, async () => {
    await inventory.operators.all();
    return { status: 'ok' as const };
  });
}
