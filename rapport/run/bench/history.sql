-- A shop's history, straight into the lake: everything follows from a seed, so that two runs ask the same facts.
-- $first and $last bound the customers of one slice; $customers is how many there are; $seed is the chance.
-- A quarter of all facts belong to a twentieth of the customers, as it is in shops.

-- name: order_completed
INSERT INTO order_completed BY NAME
SELECT customer_id, time, event_id, false AS unrated, 'o' || event_id AS order_id,
       round(exp(hash(event_id, $seed + 11) % 1000 / 180.0), 2)::DECIMAL(18, 6) AS revenue,
       ['web', 'web', 'shop', 'app'][1 + (hash(event_id, $seed + 12) % 4)::INTEGER] AS channel,
       'USD' AS currency
FROM drawn ORDER BY customer_id, time;

-- name: order_completed__products
INSERT INTO order_completed__products BY NAME
SELECT customer_id, time, event_id, line::INTEGER AS line,
       CASE WHEN hash(event_id, line, $seed + 21) % 50 = 0
            THEN ['22423', '85123A', '47566', '84879', '22720', '21212', '20725', '22197', '23203', '22383'][1 + (hash(event_id, line, $seed + 22) % 10)::INTEGER]
            ELSE (30000 + hash(event_id, line, $seed + 23) % 4000)::VARCHAR END AS sku,
       ['Shirts', 'Trousers', 'Shoes', 'Coats', 'Hats', 'Ties', 'Socks', 'Belts'][1 + (hash(event_id, line, $seed + 24) % 8)::INTEGER] AS category,
       (1 + hash(event_id, line, $seed + 25) % 5)::DOUBLE AS quantity,
       (5 + hash(event_id, line, $seed + 26) % 200)::DECIMAL(18, 6) AS price
FROM (SELECT *, unnest(range((1 + hash(event_id, $seed + 20) % 4)::BIGINT)) AS line FROM drawn) ORDER BY customer_id, time, event_id, line;

-- name: feedback_given
INSERT INTO feedback_given BY NAME
SELECT customer_id, time, event_id, false AS unrated, (1 + hash(event_id, $seed + 31) % 5)::DOUBLE AS score,
       'o' || hash(event_id, $seed + 32) % 1000000 AS order_id
FROM drawn ORDER BY customer_id, time;

-- name: product_viewed
INSERT INTO product_viewed BY NAME
SELECT customer_id, time, event_id, false AS unrated, (30000 + hash(event_id, $seed + 41) % 4000)::VARCHAR AS sku,
       ['Shirts', 'Trousers', 'Shoes', 'Coats', 'Hats', 'Ties', 'Socks', 'Belts'][1 + (hash(event_id, $seed + 42) % 8)::INTEGER] AS category
FROM drawn ORDER BY customer_id, time;

-- name: page_viewed
INSERT INTO page_viewed BY NAME
SELECT customer_id, time, event_id, false AS unrated,
       CASE WHEN hash(event_id, $seed + 51) % 40 = 0 THEN '/sale' ELSE '/p/' || hash(event_id, $seed + 52) % 500 END AS path
FROM drawn ORDER BY customer_id, time;

-- name: email_opened
INSERT INTO email_opened BY NAME
SELECT customer_id, time, event_id, false AS unrated, 'campaign ' || hash(event_id, $seed + 61) % 60 AS campaign_name
FROM drawn ORDER BY customer_id, time;

-- name: identify
INSERT INTO identify BY NAME
SELECT customer_id, time, event_id, false AS unrated,
       ['USA', 'USA', 'Canada', 'United Kingdom', 'Germany', 'France', 'Spain', 'Japan'][1 + (hash(customer_id, event_id % 9 = 0, $seed + 71) % 8)::INTEGER] AS country,
       CASE WHEN hash(event_id, $seed + 72) % 3 > 0 THEN 'city ' || hash(customer_id, $seed + 73) % 300 END AS city,
       DATE '1950-01-01' + (hash(customer_id, $seed + 74) % 18000)::INTEGER AS birthday,
       'c' || customer_id || '@example.org' AS email
FROM drawn ORDER BY customer_id, time;

-- name: known
INSERT INTO known SELECT who::INTEGER FROM range($first, $last) AS r(who) WHERE hash(who, $seed + 81) % 20 > 0;

-- name: aliases
INSERT INTO aliases SELECT who::INTEGER, (who - 1)::INTEGER FROM range($first, $last) AS r(who) WHERE who % 100 = 2;

-- name: consents
INSERT INTO consents BY NAME
SELECT who::INTEGER AS customer_id, 'email' AS channel, 'marketing' AS purpose, TIMESTAMP '2010-03-01' AS time,
       hash(who, $seed + 82) % 3 > 0 AS given, who AS event_id
FROM range($first, $last) AS r(who);

-- name: suppressions
INSERT INTO suppressions BY NAME
SELECT 'email' AS channel, 'c' || who || '@example.org' AS address, TIMESTAMP '2011-02-01' AS time, true AS suppressed, who AS event_id
FROM range($first, $last) AS r(who) WHERE hash(who, $seed + 83) % 100 = 0;

-- name: drawn
CREATE OR REPLACE TEMP TABLE drawn AS
SELECT ($first + CASE WHEN hash(i, $seed + 1) % 4 = 0 THEN hash(i, $seed + 2) % greatest(($last - $first) // 20, 1) * 20
                      ELSE hash(i, $seed + 3) % ($last - $first) END)::INTEGER AS customer_id,
       TIMESTAMP '2010-01-01' + to_microseconds((hash(i, $seed + 4) % 63072000000000)::BIGINT) AS time,
       i AS event_id
FROM range($from_id, $to_id) AS r(i)
