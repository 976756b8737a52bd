create index webhook_deliveries_pending on webhook_deliveries (endpoint_id, due_at, event_id)
  where status = 'pending';
