-- An allotment that the brand has set to nothing gets nothing back from orders that are cancelled. Of those that were set
-- before it was kept what to (0320), what they hold now is taken for it.
update stock_allotments set granted_units = units where granted_units = 0 and keep_units = 0 and closed_at is null;
