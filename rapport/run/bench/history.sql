-- A shop's history, straight into the lake: everything follows from a seed, so that two runs ask the same facts.
-- $first and $last bound the customers of one slice; the history begins at $start and lasts $span, in microseconds; $seed is the chance.
-- Every draw hashes a hash once more: a hash of several values at once leaves draws of one fact related.
-- A quarter of all facts belong to a twentieth of the customers, as it is in shops.

-- name: order_completed
INSERT INTO order_completed BY NAME
SELECT customer_id, time, event_id, false AS unrated, 'o' || event_id AS order_id,
       round(exp(hash(xor(hash(event_id), (11 * $seed)::UBIGINT)) % 1000 / 180.0), 2)::DECIMAL(18, 6) AS revenue,
       ['web', 'web', 'shop', 'app'][1 + (hash(xor(hash(event_id), (12 * $seed)::UBIGINT)) % 4)::INTEGER] AS channel,
       'USD' AS currency
FROM drawn ORDER BY customer_id, time;

-- name: order_completed__products
INSERT INTO order_completed__products BY NAME
SELECT customer_id, time, event_id, line::INTEGER AS line,
       CASE WHEN hash(xor(hash(event_id * 4 + line), (21 * $seed)::UBIGINT)) % 50 = 0
            THEN ['22423', '85123A', '47566', '84879', '22720', '21212', '20725', '22197', '23203', '22383'][1 + (hash(xor(hash(event_id * 4 + line), (22 * $seed)::UBIGINT)) % 10)::INTEGER]
            ELSE (30000 + hash(xor(hash(event_id * 4 + line), (23 * $seed)::UBIGINT)) % 4000)::VARCHAR END AS sku,
       ['Shirts', 'Trousers', 'Shoes', 'Coats', 'Hats', 'Ties', 'Socks', 'Belts'][1 + (hash(xor(hash(event_id * 4 + line), (24 * $seed)::UBIGINT)) % 8)::INTEGER] AS category,
       (1 + hash(xor(hash(event_id * 4 + line), (25 * $seed)::UBIGINT)) % 5)::DOUBLE AS quantity,
       (5 + hash(xor(hash(event_id * 4 + line), (26 * $seed)::UBIGINT)) % 200)::DECIMAL(18, 6) AS price
FROM (SELECT *, unnest(range((1 + hash(xor(hash(event_id), (20 * $seed)::UBIGINT)) % 4)::BIGINT)) AS line FROM drawn) ORDER BY customer_id, time, event_id, line;

-- name: feedback_given
INSERT INTO feedback_given BY NAME
SELECT customer_id, time, event_id, false AS unrated, (1 + hash(xor(hash(event_id), (31 * $seed)::UBIGINT)) % 5)::DOUBLE AS score,
       'o' || hash(xor(hash(event_id), (32 * $seed)::UBIGINT)) % 1000000 AS order_id
FROM drawn ORDER BY customer_id, time;

-- name: product_viewed
INSERT INTO product_viewed BY NAME
SELECT customer_id, time, event_id, false AS unrated, (30000 + hash(xor(hash(event_id), (41 * $seed)::UBIGINT)) % 4000)::VARCHAR AS sku,
       ['Shirts', 'Trousers', 'Shoes', 'Coats', 'Hats', 'Ties', 'Socks', 'Belts'][1 + (hash(xor(hash(event_id), (42 * $seed)::UBIGINT)) % 8)::INTEGER] AS category
FROM drawn ORDER BY customer_id, time;

-- name: page_viewed
INSERT INTO page_viewed BY NAME
SELECT customer_id, time, event_id, false AS unrated,
       CASE WHEN hash(xor(hash(event_id), (51 * $seed)::UBIGINT)) % 40 = 0 THEN '/sale' ELSE '/p/' || hash(xor(hash(event_id), (52 * $seed)::UBIGINT)) % 500 END AS path
FROM drawn ORDER BY customer_id, time;

-- name: email_opened
INSERT INTO email_opened BY NAME
SELECT customer_id, time, event_id, false AS unrated, 'campaign ' || hash(xor(hash(event_id), (61 * $seed)::UBIGINT)) % 60 AS campaign_name
FROM drawn ORDER BY customer_id, time;

-- name: identify
INSERT INTO identify BY NAME
SELECT customer_id, time, event_id, false AS unrated,
       ['USA', 'USA', 'Canada', 'United Kingdom', 'Germany', 'France', 'Spain', 'Japan'][1 + (hash(xor(hash(customer_id * 2 + (event_id % 9 = 0)::INTEGER), (71 * $seed)::UBIGINT)) % 8)::INTEGER] AS country,
       CASE WHEN hash(xor(hash(event_id), (72 * $seed)::UBIGINT)) % 3 > 0 THEN 'city ' || hash(xor(hash(customer_id), (73 * $seed)::UBIGINT)) % 300 END AS city,
       DATE '1950-01-01' + (hash(xor(hash(customer_id), (74 * $seed)::UBIGINT)) % 18000)::INTEGER AS birthday,
       'c' || customer_id || '@example.org' AS email
FROM drawn ORDER BY customer_id, time;

-- name: known
INSERT INTO known SELECT who::INTEGER FROM range($first, $last) AS r(who) WHERE hash(xor(hash(who), (81 * $seed)::UBIGINT)) % 20 > 0;

-- name: aliases
INSERT INTO aliases SELECT who::INTEGER, (who - 1)::INTEGER FROM range($first, $last) AS r(who) WHERE who % 100 = 2;

-- name: consents
INSERT INTO consents BY NAME
SELECT who::INTEGER AS customer_id, 'email' AS channel, 'marketing' AS purpose, TIMESTAMP '2010-03-01' AS time,
       hash(xor(hash(who), (82 * $seed)::UBIGINT)) % 3 > 0 AS given, who AS event_id
FROM range($first, $last) AS r(who);

-- name: suppressions
INSERT INTO suppressions BY NAME
SELECT 'email' AS channel, 'c' || who || '@example.org' AS address, TIMESTAMP '2011-02-01' AS time, true AS suppressed, who AS event_id
FROM range($first, $last) AS r(who) WHERE hash(xor(hash(who), (83 * $seed)::UBIGINT)) % 100 = 0;

-- name: drawn
CREATE OR REPLACE TEMP TABLE drawn AS
SELECT ($first + CASE WHEN hash(xor(hash(i), (1 * $seed)::UBIGINT)) % 4 = 0 THEN hash(xor(hash(i), (2 * $seed)::UBIGINT)) % greatest(($last - $first) // 20, 1) * 20
                      ELSE hash(xor(hash(i), (3 * $seed)::UBIGINT)) % ($last - $first) END)::INTEGER AS customer_id,
       make_timestamp($start::BIGINT + (hash(xor(hash(i), (4 * $seed)::UBIGINT)) % $span)::BIGINT) AS time,
       i AS event_id
FROM range($from_id, $to_id) AS r(i)
