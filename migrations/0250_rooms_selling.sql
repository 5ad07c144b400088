-- Which shelves a product stands on: search and the product's page ask for the rooms on air that sell it, and walking
-- through ten thousand rooms took 4 ms for one that hardly anybody has.
create index shelf_items_by_product on shelf_items (product_id, broadcast_id);
