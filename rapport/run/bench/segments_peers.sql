-- Each question of the benchmark as a person who knows DuckDB and this lake writes it. $now is the moment asked for.

-- name: bad feedback
WITH bought AS (
    SELECT coalesce(root_id, o.customer_id) AS who FROM order_completed o LEFT JOIN aliases a ON a.customer_id = o.customer_id
    WHERE time < $now GROUP BY who HAVING count(*) >= 2
), complained AS (
    SELECT DISTINCT coalesce(root_id, f.customer_id) AS who FROM feedback_given f LEFT JOIN aliases a ON a.customer_id = f.customer_id
    WHERE time < $now AND score <= 2
)
SELECT count(*) FROM known WHERE customer_id NOT IN (SELECT customer_id FROM aliases)
AND customer_id IN (SELECT who FROM bought) AND customer_id IN (SELECT who FROM complained)

-- name: one of two but not a third
WITH bought AS (
    SELECT coalesce(root_id, p.customer_id) AS who, bool_or(sku IN ('22423', '85123A')) AS wanted, bool_or(sku = '47566') AS unwanted
    FROM order_completed__products p LEFT JOIN aliases a ON a.customer_id = p.customer_id
    WHERE time < $now AND sku IN ('22423', '85123A', '47566') GROUP BY who
)
SELECT count(*) FROM known WHERE customer_id NOT IN (SELECT customer_id FROM aliases)
AND customer_id IN (SELECT who FROM bought WHERE wanted AND NOT unwanted)

-- name: lapsed regulars
WITH bought AS (
    SELECT coalesce(root_id, o.customer_id) AS who FROM order_completed o LEFT JOIN aliases a ON a.customer_id = o.customer_id
    WHERE time < $now GROUP BY who HAVING count(*) >= 2 AND max(time) < $now - INTERVAL 90 DAY
)
SELECT count(*) FROM known WHERE customer_id NOT IN (SELECT customer_id FROM aliases) AND customer_id IN (SELECT who FROM bought)

-- name: asleep
WITH awake AS (
    SELECT customer_id FROM order_completed WHERE time < $now AND time >= $now - INTERVAL 60 DAY
    UNION SELECT customer_id FROM feedback_given WHERE time < $now AND time >= $now - INTERVAL 60 DAY
    UNION SELECT customer_id FROM product_viewed WHERE time < $now AND time >= $now - INTERVAL 60 DAY
    UNION SELECT customer_id FROM page_viewed WHERE time < $now AND time >= $now - INTERVAL 60 DAY
    UNION SELECT customer_id FROM email_opened WHERE time < $now AND time >= $now - INTERVAL 60 DAY
), people AS (SELECT coalesce(root_id, w.customer_id) AS who FROM awake w LEFT JOIN aliases a ON a.customer_id = w.customer_id)
SELECT count(*) FROM known WHERE customer_id NOT IN (SELECT customer_id FROM aliases) AND customer_id NOT IN (SELECT who FROM people)

-- name: shirts by the pair
WITH shirts AS (
    SELECT DISTINCT event_id FROM order_completed__products
    WHERE time < $now AND time >= TIMESTAMP '2011-06-01' AND category = 'Shirts' AND quantity >= 2
), bought AS (
    SELECT coalesce(root_id, o.customer_id) AS who FROM order_completed o LEFT JOIN aliases a ON a.customer_id = o.customer_id
    WHERE time < $now AND time >= TIMESTAMP '2011-06-01' AND revenue > 100 AND event_id IN (SELECT event_id FROM shirts)
    GROUP BY who HAVING count(*) >= 3
)
SELECT count(*) FROM known WHERE customer_id NOT IN (SELECT customer_id FROM aliases) AND customer_id IN (SELECT who FROM bought)

-- name: big spenders of America
WITH living AS (
    SELECT coalesce(root_id, i.customer_id) AS who FROM identify i LEFT JOIN aliases a ON a.customer_id = i.customer_id
    WHERE time < $now AND country IS NOT NULL GROUP BY who HAVING arg_max(country, (time, event_id)) IN ('USA', 'Canada')
), spending AS (
    SELECT coalesce(root_id, o.customer_id) AS who FROM order_completed o LEFT JOIN aliases a ON a.customer_id = o.customer_id
    WHERE time < $now AND time >= $now - INTERVAL 12 MONTH GROUP BY who HAVING sum(revenue) > 500
), contacted AS (
    SELECT DISTINCT coalesce(root_id, e.customer_id) AS who FROM email_opened e LEFT JOIN aliases a ON a.customer_id = e.customer_id
    WHERE time < $now AND time >= $now - INTERVAL 7 DAY
)
SELECT count(*) FROM known WHERE customer_id NOT IN (SELECT customer_id FROM aliases)
AND customer_id IN (SELECT who FROM living) AND customer_id IN (SELECT who FROM spending) AND customer_id NOT IN (SELECT who FROM contacted)

-- name: condition
WITH people AS (
    SELECT coalesce(root_id, t.customer_id) AS who FROM {table} t LEFT JOIN aliases a ON a.customer_id = t.customer_id
    WHERE time < $now {kept} GROUP BY who {having}
)
SELECT count(*) FROM known WHERE customer_id NOT IN (SELECT customer_id FROM aliases) AND customer_id {held} (SELECT who FROM people)

-- name: anything
SELECT customer_id, time FROM order_completed UNION ALL SELECT customer_id, time FROM feedback_given
UNION ALL SELECT customer_id, time FROM product_viewed UNION ALL SELECT customer_id, time FROM page_viewed
UNION ALL SELECT customer_id, time FROM email_opened

-- name: dear shoes
WITH shoes AS (SELECT DISTINCT event_id FROM order_completed__products WHERE time < $now AND category = 'Shoes' AND quantity >= 3),
bought AS (
    SELECT DISTINCT coalesce(root_id, o.customer_id) AS who FROM order_completed o LEFT JOIN aliases a ON a.customer_id = o.customer_id
    WHERE time < $now AND revenue > 50 AND event_id IN (SELECT event_id FROM shoes)
)
SELECT count(*) FROM known WHERE customer_id NOT IN (SELECT customer_id FROM aliases) AND customer_id IN (SELECT who FROM bought)

-- name: may receive
WITH agreed AS (
    SELECT coalesce(root_id, c.customer_id) AS who FROM consents c LEFT JOIN aliases a ON a.customer_id = c.customer_id
    WHERE time < $now AND channel = 'email' AND purpose = 'marketing' GROUP BY who HAVING arg_max(given, (time, event_id))
), dead AS (
    SELECT address FROM suppressions WHERE time < $now AND channel = 'email' GROUP BY address HAVING arg_max(suppressed, (time, event_id))
), reachable AS (
    SELECT coalesce(root_id, i.customer_id) AS who, arg_max(email, (time, event_id)) AS address
    FROM identify i LEFT JOIN aliases a ON a.customer_id = i.customer_id WHERE time < $now AND email IS NOT NULL GROUP BY who
)
SELECT count(*) FROM known WHERE customer_id NOT IN (SELECT customer_id FROM aliases) AND customer_id IN (SELECT who FROM agreed)
AND customer_id IN (SELECT who FROM reachable WHERE regexp_matches(address, '^[^@\s]+@[^@\s]+\.[^@\s]+$') AND lower(address) NOT IN (SELECT address FROM dead))
