"""Study files and the small files that they name: orders, costs, priorities."""
