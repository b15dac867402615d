workspace "bookshop" "Contexts proposed from the source of the monolith." {
  model {
    clients = person "Clients" "Whoever calls the endpoints."
    monolith = softwareSystem "bookshop" "15 modules, 17 endpoints" {
      context_orders = container "orders" "4 modules, 29 lines, 2 endpoints; confidence 0.80" "Node.js" "Context"
      context_catalog = container "catalog" "1 module, 15 lines, 12 endpoints; confidence 0.22" "Node.js" "Context"
      context_orders_tables = container "tables of orders" "customers, manuscripts, orders, stock" "Tables" "Database"
      context_catalog_tables = container "tables of catalog" "authors, books" "Tables" "Database"
    }
    clients -> context_orders "2 endpoints"
    clients -> context_catalog "12 endpoints"
    context_orders -> context_orders_tables "owns"
    context_catalog -> context_catalog_tables "owns"
    context_orders -> context_catalog "1 join" "cost 3" "Cut"
    context_catalog -> context_orders "1 type" "cost 0.2" "Cut"
  }
  views {
    container monolith "contexts" {
      include *
      autolayout lr
    }
    styles {
      element "Database" {
        shape cylinder
      }
      element "Library" {
        shape component
      }
      relationship "Shared data" {
        thickness 4
        style solid
      }
    }
  }
}
