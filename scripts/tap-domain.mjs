import { executionAsyncResource } from 'node:async_hooks';

// In place of `async-hook-domain`, which follows each promise of a test so that tap knows which test an uncaught error comes
// from. That takes a fifth of the time of a test with many promises. Here the error belongs to the test that began last and
// still runs. Where tests of one file run at the same time, that may be another one of them.

/** In the order in which they began. */
const running = new Set();

/**
 * What tap makes for each test, to fail it by an error that nobody catches.
 *
 * @public
 */
export class Domain {
  constructor(onerror) {
    this.onerror = onerror;
    const begin = () => {
      if (running.size === 0) process.on('uncaughtException', report);
      running.add(this);
    };
    // tap makes this within the scope of a test, and enters that scope again when the test begins. The root has no scope.
    const scope = executionAsyncResource();
    if (scope.runInAsyncScope === undefined) {
      begin();
      return;
    }
    Object.defineProperty(scope, 'runInAsyncScope', {
      configurable: true,
      get() {
        delete scope.runInAsyncScope;
        begin();
        return scope.runInAsyncScope;
      },
    });
  }

  destroy() {
    running.delete(this);
    if (running.size === 0) process.off('uncaughtException', report);
  }
}

/** A rejection that nobody handles comes here as well. */
function report(error, origin) {
  [...running].at(-1).onerror(error, origin);
}
