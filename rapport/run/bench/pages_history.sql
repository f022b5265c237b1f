-- name: customers
WITH RECURSIVE numbers(n) AS ({numbers})
INSERT INTO customers_customer (id, known, created_us, traits, name, email, phone)
SELECT $first_customer + n, true, 1735689600000000 + n,
  '{"first_name": ["Bob", 1735689600000000], "country": ["USA", 1735689600000000], "email": ["c' || n || '@example.com", 1735689600000000]}',
  'Bob Kowalski ' || substr('0000000' || n, length('0000000' || n) - 7), 'c' || n || '@example.com', ''
FROM numbers;

-- name: identifiers
WITH RECURSIVE numbers(n) AS ({numbers})
INSERT INTO customers_identifier (kind, value, customer_id, since_us)
SELECT 'user_id', 'planted-' || n, $first_customer + n, 0 FROM numbers
UNION ALL
SELECT 'email', 'c' || n || '@example.com', $first_customer + n, 0 FROM numbers;

-- name: events
WITH RECURSIVE numbers(n) AS ({numbers})
INSERT INTO events_event (id, message_id, event_type_id, customer_id, time_us, received_us, payload)
SELECT $first_event + n, 'planted-' || substr('00000000000' || n, length('00000000000' || n) - 11),
  CASE WHEN n / $customers < 3 THEN $ordered WHEN n / $customers = 3 THEN $said ELSE $viewed END,
  $first_customer + n % $customers,
  1735689600000000 + (n / $customers) * 2592000000000 + n % 2592000 * 1000000, 1735689600000000 + n,
  CASE WHEN n / $customers < 3
    THEN '{"type": "track", "properties": {"order_id": "planted-' || n || '", "revenue": 60, "currency": "EUR", "products": [{"sku": "S1", "quantity": 1, "price": 60}]}}'
    WHEN n / $customers = 3 THEN '{"type": "track", "properties": {"score": 4}}'
    ELSE '{"type": "track", "properties": {"sku": "S' || (n % 500) || '", "category": "Shirts"}}' END
FROM numbers;

-- name: orders
WITH RECURSIVE numbers(n) AS ({numbers})
INSERT INTO commerce_order (order_id, customer_id, content_event_id, content_us, completed_us, revenue_e6, refunded_e6, currency, tracking, payment_method, payment_last4)
SELECT 'planted-' || n, $first_customer + n % $customers, $first_event + n,
  1735689600000000 + (n / $customers) * 2592000000000 + n % 2592000 * 1000000,
  1735689600000000 + (n / $customers) * 2592000000000 + n % 2592000 * 1000000, 60000000, 0, 'EUR', '', '', ''
FROM numbers;
