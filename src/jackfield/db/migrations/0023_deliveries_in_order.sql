drop index webhook_deliveries_due;
create index webhook_deliveries_due on webhook_deliveries (due_at, event_id)
  where status = 'pending';
