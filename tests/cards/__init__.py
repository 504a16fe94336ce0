"""Cards: their renderings keep our rules and Microsoft's renderer's."""
