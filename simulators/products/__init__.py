"""The product host (simulators): treasury bonds, wealth products and remote purchases, 三(三)."""
