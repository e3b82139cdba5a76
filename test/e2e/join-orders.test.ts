import t from 'tap';
import { testJoinOrders } from '../support/join-order.ts';

// Every other fleet joins in the order 1, 2, 3. All six orders are in test/long/six-orders.test.ts.
testJoinOrders(t, [
  [2, 1, 3],
  [3, 2, 1],
]);
