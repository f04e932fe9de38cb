-- Which rasters of a project were withheld is asked for every object of a snapshot. They are few.
CREATE INDEX images_withheld ON images (project_id, raster) WHERE withheld;
