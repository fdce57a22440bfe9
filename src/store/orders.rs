//! The operator's orders: appended by anyone, carried out by ingest alone.

use super::reader::{Reader, json, time_at};
use super::{Batch, Result, StoreError};
use crate::model::{Order, OrderKind, OrderNo};
use jiff::Timestamp;
use rusqlite::{Row, params};

impl Batch<'_> {
    /// Appends an order; it waits until ingest carries it out.
    pub fn add_order(&self, kind: &OrderKind, at: Timestamp) -> Result<OrderNo> {
        let text = serde_json::to_string(kind).map_err(|error| StoreError::Damaged(error.to_string()))?;
        self.run("INSERT INTO orders (at, kind) VALUES (?1, ?2)", params![at.as_second(), text])?;
        Ok(OrderNo(self.connection.last_insert_rowid()))
    }

    /// Notes that an order has been carried out, and what came of it.
    pub fn order_done(&self, no: OrderNo, outcome: &str, now: Timestamp) -> Result<()> {
        self.run(
            "UPDATE orders SET done_at = ?2, outcome = ?3 WHERE no = ?1",
            params![no.0, now.as_second(), outcome],
        )?;
        Ok(())
    }
}

impl Reader<'_> {
    /// Orders not yet carried out, in the order they were given.
    pub fn waiting_orders(&self) -> Result<Vec<Order>> {
        self.orders("SELECT no, at, kind FROM orders WHERE done_at IS NULL ORDER BY no")
    }

    pub(super) fn orders(&self, sql: &str) -> Result<Vec<Order>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        let mut orders = Vec::new();
        while let Some(row) = rows.next()? {
            orders.push(order(row)?);
        }
        Ok(orders)
    }
}

fn order(row: &Row<'_>) -> Result<Order> {
    Ok(Order {
        no: OrderNo(row.get("no")?),
        at: time_at(row, "at")?,
        kind: json(&row.get::<_, String>("kind")?, "an order")?,
    })
}
