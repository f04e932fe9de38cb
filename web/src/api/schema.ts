// Generated from the server's OpenAPI document by ./dev api. Do not edit.
export interface paths {
    "/api/acquisitions/{acquisition}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One round with the images it chose. */
        get: operations["get_acquisition"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/annotations/{annotation}/revisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page of an annotation's saved states. */
        get: operations["list_revisions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who did what, when. */
        get: operations["list_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the server and its database live. */
        get: operations["get_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One image. */
        get: operations["get_image"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/annotation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the caller made of an image so far. */
        get: operations["my_annotation"];
        /** Saves a revision; 409 with the latest one where the caller's is based on an older. */
        put: operations["save_annotation"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/annotation/submit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Submits the latest revision as finished. */
        post: operations["submit_annotation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/annotations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What every reader made of an image. */
        get: operations["annotations_of_image"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/attestation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Writes down a person's word on burned-in patient data. */
        post: operations["attest_image"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/deidentification": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What was done to the header of a DICOM file so that it says nothing of its patient: which attributes, never their values. */
        get: operations["get_deidentification"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/lease": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Opens a given case; 409 where somebody else has it. */
        post: operations["open_case"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/lint": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Whether descriptions say the same, and what the region's concept, presence and box say. Nothing is kept. */
        post: operations["lint_described"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/pixels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The canonical pixels of one frame: 8- or 16-bit grey, or RGB. */
        get: operations["get_pixels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/related": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The images of the same patient that may be shown beside this one, itself among them: its own study's first. */
        get: operations["related_images"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/rendered": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The 8-bit picture as a reader first sees it. */
        get: operations["get_rendered"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/images/{image}/tiles/{level}/{column}/{row}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A tile of a whole-slide image, whose levels are the image's `facts.pyramid`: level 0 is the finest. */
        get: operations["get_tile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/leases/{lease}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Keeps a case for another quarter of an hour. */
        put: operations["renew_lease"];
        post?: never;
        /** Gives a case back unfinished. */
        delete: operations["give_back"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/models/{model}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One model. */
        get: operations["get_model"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/models/{model}/promote": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lets a model suggest, and asks for a round with it. */
        post: operations["promote_model"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document. */
        get: operations["get_openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The projects the caller may see. */
        get: operations["list_projects"];
        put?: never;
        /** Makes a project. */
        post: operations["create_project"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One project. */
        get: operations["get_project"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Changes a project. */
        patch: operations["change_project"];
        trace?: never;
    };
    "/api/projects/{project}/acquisitions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A project's rounds. */
        get: operations["list_acquisitions"];
        put?: never;
        /** Asks for a round. */
        post: operations["ask_acquisition"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/cases/next": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The next case for the caller; 204 where all are done. */
        post: operations["next_case"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/cases/upcoming": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The image that the caller would get next, so that its pixels can be fetched ahead; nothing is held. 204 where there is none. */
        get: operations["upcoming_case"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/concepts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The ontology. */
        get: operations["get_concepts"];
        /** Replaces the ontology. */
        put: operations["put_concepts"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/instances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The project's objects: images, reports, presentation states. */
        get: operations["search_instances"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The project's series. */
        get: operations["search_series"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The project's studies. Parameters: attributes by keyword or tag, `includefield`, `limit`, `offset`. */
        get: operations["search_studies"];
        put?: never;
        /** Takes DICOM files in, each a part of the request. 200 where all were kept, 202 where some, 409 where none. */
        post: operations["store_instances"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The files of a study, each a part of its own, one after the other. */
        get: operations["retrieve_study"];
        put?: never;
        /** The same for files that are all of one study, by the UID that they name themselves. */
        post: operations["store_in_study"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/instances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A study's objects. */
        get: operations["search_instances_of_study"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/metadata": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The attributes of a study's objects, without pixels. */
        get: operations["study_metadata"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A study's series. */
        get: operations["search_series_of_study"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/series/{series}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The files of a series. */
        get: operations["retrieve_series"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A series' objects. */
        get: operations["search_instances_of_series"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances/{instance}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The file of an object. */
        get: operations["retrieve_instance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances/{instance}/frames/{frames}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Native pixels of frames, which are numbered from 1: `1,3`. */
        get: operations["retrieve_frames"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances/{instance}/frames/{frames}/rendered": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One frame of an image as a reader first sees it. */
        get: operations["rendered_frames"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances/{instance}/metadata": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The attributes of an object. */
        get: operations["instance_metadata"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/instances/{instance}/rendered": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The first frame of an image as a reader first sees it. */
        get: operations["rendered_instance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/dicomweb/studies/{study}/series/{series}/metadata": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The attributes of a series' objects. */
        get: operations["series_metadata"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page of a project's images. */
        get: operations["list_images"];
        put?: never;
        /** Takes an image in. 201 for a new one, 200 for one that was there already. */
        post: operations["upload_image"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who works in it. */
        get: operations["list_members"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/members/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Makes somebody a member, or changes what they are. */
        put: operations["set_member"];
        post?: never;
        /** Ends a membership. */
        delete: operations["remove_member"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A project's models. */
        get: operations["list_models"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/progress": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far a project is. */
        get: operations["get_progress"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page of a project's runs. */
        get: operations["list_runs"];
        put?: never;
        /** Puts a run into the queue. */
        post: operations["launch_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/runs/compare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Runs side by side: what they are made of, and where that differs. */
        get: operations["compare_runs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/snapshots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A project's snapshots. */
        get: operations["list_snapshots"];
        put?: never;
        /** Cuts a snapshot of what is submitted, as far as the filter takes it. 201 for a new one, 200 where nothing has changed since an earlier one. */
        post: operations["cut_snapshot"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/snapshots/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What a snapshot of what is submitted now would hold; nothing is cut. */
        post: operations["preview_snapshot"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/projects/{project}/templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The templates that are offered to its readers. */
        get: operations["get_templates"];
        /** Replaces the templates. */
        put: operations["put_templates"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One run. */
        get: operations["get_run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/artifacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A run's artifacts. */
        get: operations["run_artifacts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/artifacts/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One artifact. */
        get: operations["run_artifact"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A run, live: `run` events whenever it changes, `metrics` events with new values, until it is over. A `run` event with another
         *     `attempt` begins anew: the values of the hand-out before it are told again, where they still count.
         */
        get: operations["run_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a run's workers said, newest last. */
        get: operations["run_log"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A run's measured values. */
        get: operations["run_metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/notes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Changes a run's notes and tags; refused with what is there now where that is not what they were made from. */
        put: operations["annotate_run"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Hands a run out again that failed or was stopped; its worker goes on from the newest checkpoint it has, or from the one that is named. A
         *     model that it gave when it was stopped is taken back, unless something was made with it.
         */
        post: operations["resume_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/runs/{run}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks a run to stop. */
        post: operations["stop_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in. */
        get: operations["get_session"];
        put?: never;
        /** Opens a session. */
        post: operations["sign_in"];
        /** Ends the session. */
        delete: operations["sign_out"];
        options?: never;
        head?: never;
        /** Chooses one's own interface language. */
        patch: operations["change_session"];
        trace?: never;
    };
    "/api/session/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Keeps how one works with the page. */
        put: operations["keep_settings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/snapshots/{snapshot}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One snapshot. */
        get: operations["get_snapshot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/snapshots/{snapshot}/datasheet": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The snapshot's datasheet: counts by split, modality, concept and reader, descriptions, origins, leakage. */
        get: operations["snapshot_datasheet"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/snapshots/{snapshot}/differences/{other}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How another snapshot differs from this one: in its settings, in how many cases, and which, page by page. */
        get: operations["snapshot_differences"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/snapshots/{snapshot}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The snapshot as a tar archive. */
        get: operations["export_snapshot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/snapshots/{snapshot}/exports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The files that were asked for of a snapshot. */
        get: operations["list_exports"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/snapshots/{snapshot}/exports/{format}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Has a snapshot written out in a layout. 200 where that is done, 202 where it waits or is at it. */
        put: operations["ask_for_export"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/snapshots/{snapshot}/exports/{format}/file": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The finished file, or the part of it that the header Range names; of several parts the first. */
        get: operations["export_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/snapshots/{snapshot}/manifest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The manifest, byte for byte as it is hashed. */
        get: operations["snapshot_manifest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/snapshots/{snapshot}/objects/{object}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An object that the snapshot names. */
        get: operations["snapshot_object"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The caller's tokens; an administrator sees all. */
        get: operations["list_tokens"];
        put?: never;
        /** Makes a token; its secret is told this once. */
        post: operations["issue_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes a token. */
        delete: operations["revoke_token"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All users. */
        get: operations["list_users"];
        put?: never;
        /** Adds a user. */
        post: operations["create_user"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Changes a user. */
        patch: operations["change_user"];
        trace?: never;
    };
    "/api/worker/acquisitions/{acquisition}/fail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cannot be done. */
        post: operations["fail_round"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/acquisitions/{acquisition}/finish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Done: the chosen images, first to last. */
        post: operations["finish_round"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/acquisitions/{acquisition}/heartbeat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Still at it. */
        post: operations["round_heartbeat"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/acquisitions/{acquisition}/objects/{object}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A raster of the round's pool. */
        get: operations["worker_pool_object"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/acquisitions/{acquisition}/pool": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page of the images a round looks at. */
        get: operations["get_pool"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/acquisitions/{acquisition}/predictions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What a published model proposes. */
        post: operations["put_predictions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/claim": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks for something to do; 204 where there is nothing. */
        post: operations["claim_work"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/models/{model}/files/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One of a published model's files. */
        get: operations["worker_model_file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/runs/{run}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What became of a run. */
        get: operations["run_standing"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/runs/{run}/artifacts/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** An artifact's bytes. */
        put: operations["put_artifact"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/runs/{run}/fail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cannot be done. */
        post: operations["fail_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/runs/{run}/finish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Done: publishes the model. */
        post: operations["finish_run"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/runs/{run}/heartbeat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Still at it. */
        post: operations["run_heartbeat"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/runs/{run}/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Measured values. */
        post: operations["put_metrics"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/snapshots/{snapshot}/manifest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A snapshot's manifest, byte for byte. */
        get: operations["worker_manifest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/worker/snapshots/{snapshot}/objects/{object}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An object that a snapshot names. */
        get: operations["worker_snapshot_object"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A round of active learning. */
        Acquisition: {
            /**
             * Format: int32
             * @description How many at most.
             */
            budget: number;
            /** @description When it was asked for. */
            created_at: string;
            /**
             * Format: int64
             * @description Images looked at.
             */
            done: number;
            /** @description Why it failed. */
            error?: string | null;
            /** @description When it ended. */
            finished_at?: string | null;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description The model that is asked. */
            model: components["schemas"]["ModelRef"];
            /**
             * Format: uuid
             * @description Its project.
             */
            project_id: string;
            /**
             * Format: int32
             * @description How many rounds with a published model came before.
             */
            round: number;
            /**
             * Format: int64
             * @description The seed of everything drawn by chance.
             */
            seed: number;
            /** @description queued, running, finished or failed. */
            state: string;
            /** @description How the images are chosen. */
            strategy: components["schemas"]["Strategy"];
            /**
             * Format: int64
             * @description Images to look at.
             */
            total: number;
        };
        /**
         * Format: uuid
         * @description One active-learning round.
         */
        AcquisitionId: string;
        /** @description An active-learning round to carry out. */
        AcquisitionItem: {
            /**
             * Format: int32
             * @description Which hand-out this is, from 1.
             */
            attempt: number;
            /**
             * Format: int32
             * @description How many images to rank.
             */
            budget: number;
            /** @description The round. */
            id: components["schemas"]["AcquisitionId"];
            /** @description The project's languages. */
            langs: string[];
            /**
             * Format: int32
             * @description Seconds without a heartbeat after which another worker may claim it.
             */
            lease_seconds: number;
            /** @description The model whose features and predictions are used. A published one also suggests regions; a built-in one does not. */
            model: components["schemas"]["ModelRef"];
            /** @description The project's ontology. */
            ontology: components["schemas"]["Concept"][];
            /** @description Its project. */
            project: components["schemas"]["ProjectId"];
            /**
             * Format: int32
             * @description How many rounds with a published model came before, from 0: the hybrid strategy changes with it.
             */
            round: number;
            /**
             * Format: int64
             * @description The seed of everything drawn by chance.
             */
            seed: number;
            /** @description How to choose. */
            strategy: components["schemas"]["Strategy"];
        };
        /** @description A round with the images it chose. */
        AcquisitionView: components["schemas"]["Acquisition"] & {
            /** @description First to last. */
            ranking: components["schemas"]["Chosen"][];
        };
        /** @description A project's rounds. */
        Acquisitions: {
            /** @description Newest first. */
            acquisitions: components["schemas"]["Acquisition"][];
        };
        /** @description What one reader made of one image, at its latest revision. */
        Annotation: {
            /** @description What it says. */
            content: components["schemas"]["AnnotationContent"];
            /**
             * Format: int32
             * @description How much the bilingual checks found in it when it was submitted; absent where it was not, or before there were checks.
             */
            flags?: number | null;
            /**
             * Format: uuid
             * @description Its id; absent while nothing was saved.
             */
            id?: string | null;
            /**
             * Format: uuid
             * @description The image.
             */
            image_id: string;
            /** @description Who reads. */
            reader: components["schemas"]["Person"];
            /**
             * Format: int64
             * @description The latest revision; 0 while nothing was saved.
             */
            revision: number;
            /** @description When it was saved. */
            saved_at?: string | null;
            /** @description Whether the latest revision is the submitted one. */
            submitted: boolean;
        };
        /** @description What one reader says about one image, at one revision. */
        AnnotationContent: components["schemas"]["WholeImage"] & {
            /** @description The regions, in the order they were drawn. */
            regions: components["schemas"]["Region"][];
            /** @description The model's suggestions that the reader turned down. */
            rejected?: components["schemas"]["SuggestionId"][];
        };
        /** @description What readers made of an image. */
        Annotations: {
            /** @description One for each reader. */
            annotations: components["schemas"]["Annotation"][];
        };
        /** @description Files by name. */
        Artifacts: {
            /** @description By name. */
            files: {
                [key: string]: components["schemas"]["ObjectRef"];
            };
        };
        /** @description A person's word on burned-in patient data. */
        Attestation: {
            /** @description True withholds the image for good. */
            burned_in: boolean;
        };
        /** @description Why a person must say of an image first that no patient data is burned in. */
        AttestationReason: {
            /** @enum {string} */
            kind: "secondary_capture";
        } | {
            /** @enum {string} */
            kind: "ultrasound";
        } | {
            /** @enum {string} */
            kind: "recognizable";
        } | {
            /** @enum {string} */
            kind: "header";
        } | {
            /** @enum {string} */
            kind: "picture";
        } | {
            /** @enum {string} */
            kind: "said";
            /** @description What it said, in English. */
            text: string;
        };
        /** @description A page of the audit trail. */
        AuditPage: {
            /** @description Oldest first. */
            entries: components["schemas"]["Entry"][];
        };
        /** @description A case in a reader's hands. */
        Case: {
            /** @description What the reader has made of it so far. */
            annotation: components["schemas"]["Annotation"];
            choice?: components["schemas"]["Choice"] | null;
            /** @description What to read. */
            image: components["schemas"]["Image"];
            /** @description The reader's hold on it. */
            lease: components["schemas"]["Lease"];
            /** @description What the model proposes; empty on test cases and on the control group's. */
            suggestions: components["schemas"]["Suggestion"][];
        };
        /** @description One case that is not the same in both snapshots. */
        CaseDifference: components["schemas"]["Fate"] & {
            /** @description The image. */
            image: components["schemas"]["ImageId"];
            /** @description Its size in pixels, in the second snapshot where both have it. */
            size: components["schemas"]["ImageSize"];
        };
        /** @description One thing that a case says otherwise. */
        Change: (components["schemas"]["Part"] & {
            /** @enum {string} */
            kind: "added";
        }) | (components["schemas"]["Part"] & {
            /** @enum {string} */
            kind: "removed";
        }) | {
            /** @description The boxes, in image pixels. */
            bbox: components["schemas"]["Turned_Vec_f64"];
            frame?: components["schemas"]["Turned_u32"] | null;
            /** @enum {string} */
            kind: "moved";
            /** @description The region. */
            of: components["schemas"]["Part"];
            /**
             * Format: double
             * @description Intersection over union of the two; 0 where they lie on two frames.
             */
            overlap: number;
        } | {
            /** @description The concepts. */
            concept: components["schemas"]["Turned_Option_String"];
            /** @enum {string} */
            kind: "concept";
            /** @description The region. */
            of: components["schemas"]["Part"];
        } | {
            /** @enum {string} */
            kind: "presence";
            /** @description The region or label. */
            of: components["schemas"]["Part"];
            /** @description What is said. */
            presence: components["schemas"]["Turned_Presence"];
        } | {
            /** @enum {string} */
            kind: "text";
            /** @description The language. */
            lang: components["schemas"]["Lang"];
            /** @description What it describes. */
            of: components["schemas"]["Part"];
            /** @description The words. */
            text: components["schemas"]["Turned_String"];
        } | (components["schemas"]["Part"] & {
            /** @enum {string} */
            kind: "speaks_of";
        }) | {
            /** @enum {string} */
            kind: "verdict";
            /** @description The verdicts. */
            verdict: components["schemas"]["Turned_Option_Verdict"];
        } | {
            /** @enum {string} */
            kind: "pixels";
        } | {
            /** @enum {string} */
            kind: "split";
            /** @description The splits. */
            split: components["schemas"]["Turned_Split"];
        } | {
            /** @enum {string} */
            kind: "reader";
            /** @description The readers, by pseudonymous user id. */
            reader: components["schemas"]["Turned_String"];
        } | {
            /** @enum {string} */
            kind: "resubmitted";
        } | {
            /** @enum {string} */
            kind: "facts";
        };
        /** @description Why the model asked for an image. */
        Choice: {
            /**
             * Format: int32
             * @description Its place in the round, from 1.
             */
            rank: number;
            /** @description The strategy's reason. */
            reason: components["schemas"]["ChoiceReason"];
        };
        /** @description Why a strategy chose an image. */
        ChoiceReason: {
            /** @description What. */
            concept: components["schemas"]["ConceptKey"];
            /** @enum {string} */
            kind: "unsure";
        } | {
            /** @description What it is least sure of there. */
            concept: components["schemas"]["ConceptKey"];
            /** @enum {string} */
            kind: "least_sure";
        } | {
            /** @enum {string} */
            kind: "unlike";
        } | {
            /** @enum {string} */
            kind: "typical_unread";
            /**
             * Format: int64
             * @description How many look alike.
             */
            size: number;
        } | {
            /**
             * Format: int64
             * @description How many of them were read or chosen before.
             */
            covered: number;
            /** @enum {string} */
            kind: "typical";
            /**
             * Format: int64
             * @description How many look alike.
             */
            size: number;
        } | {
            /** @enum {string} */
            kind: "chance";
        } | {
            /** @enum {string} */
            kind: "chance_silent";
        } | {
            /** @enum {string} */
            kind: "chance_incomparable";
        } | {
            /** @enum {string} */
            kind: "chance_equal";
            /** @description Its kind. */
            modality: components["schemas"]["Modality"];
        } | {
            /** @enum {string} */
            kind: "said";
            /** @description What it said, in English. */
            text: string;
        };
        /** @description One chosen image. */
        Chosen: {
            /**
             * Format: uuid
             * @description The image.
             */
            image: string;
            /**
             * Format: int32
             * @description Its place, from 1.
             */
            rank: number;
            /** @description Why. */
            reason: components["schemas"]["ChoiceReason"];
            /**
             * Format: double
             * @description The strategy's score.
             */
            score: number;
            /** @description Whether somebody submitted it meanwhile. */
            submitted: boolean;
        };
        /** @description `POST /api/worker/claim`: ask for something to do. Answers 200 with a [`WorkItem`] or 204. */
        Claim: {
            /** @description The checkpoints in its cache: a run that is to go on from a certain one is handed to who has it. */
            holds?: components["schemas"]["HeldRun"][];
            /** @description The worker's name, for people to read: host and process. */
            worker: string;
        };
        /** @description A setting of several runs. */
        ComparedSetting: {
            /** @description Whether they are not all the same. */
            differs: boolean;
            /** @description `snapshot`, `base`, or a setting's path: `steps`, `tuning.rank`. */
            name: string;
            /** @description What each run has, in their order: a text as it is, all else as JSON; nothing where the run has no such setting. */
            values: (string | null)[];
        };
        /** @description Runs side by side. */
        Comparison: {
            /** @description In the order in which they were asked for. */
            runs: components["schemas"]["Run"][];
            /** @description What each was made of, by name. */
            settings: components["schemas"]["ComparedSetting"][];
        };
        /** @description One entry of a project's ontology. */
        Concept: {
            /** @description Its code in other terminologies, by the terminology's name: `RadLex` to `RID1301`. */
            codes?: {
                [key: string]: string;
            };
            /** @description Its key inside the project. */
            key: components["schemas"]["ConceptKey"];
            /** @description Structure or lesion. */
            kind: components["schemas"]["ConceptKind"];
            /** @description The modalities in which it is looked for; empty means all. */
            modalities?: components["schemas"]["Modality"][];
            /** @description Its name in each of the project's languages. */
            names: {
                [key: string]: string;
            };
            /** @description Other words for it in each language: what a reader may search it by. */
            synonyms?: {
                [key: string]: string[];
            };
        };
        /** @description The key of a concept inside its project: `left_lung`, `simple_cyst`. */
        ConceptKey: string;
        /**
         * @description Whether a concept is part of a body or something wrong with it.
         * @enum {string}
         */
        ConceptKind: "structure" | "lesion";
        /** @description An ontology. */
        Concepts: {
            /** @description By key. */
            concepts: components["schemas"]["Concept"][];
        };
        /** @description The size of a snapshot, split by split. */
        Counts: {
            /** @description For testing. */
            test: components["schemas"]["SplitCounts"];
            /** @description For training. */
            train: components["schemas"]["SplitCounts"];
            /** @description For validation. */
            val: components["schemas"]["SplitCounts"];
        };
        /**
         * @description How a datasheet is written.
         * @enum {string}
         */
        DatasheetFormat: "html" | "markdown";
        /**
         * @description What was done to an attribute.
         * @enum {string}
         */
        Deed: "removed" | "emptied" | "replaced" | "uid_replaced" | "shifted" | "kept";
        /** @description How many attributes were treated how. */
        Deeds: {
            /**
             * Format: int64
             * @description Without a value.
             */
            emptied: number;
            /**
             * Format: int64
             * @description As they were.
             */
            kept: number;
            /**
             * Format: int64
             * @description Gone.
             */
            removed: number;
            /**
             * Format: int64
             * @description With another value.
             */
            replaced: number;
            /**
             * Format: int64
             * @description With a date that was moved.
             */
            shifted: number;
            /**
             * Format: int64
             * @description With a pseudonymous UID.
             */
            uid_replaced: number;
        };
        /** @description Something that is described: a region, or a sentence of a report. */
        Described: {
            bbox?: components["schemas"]["PixelBox"] | null;
            /** @description What it is, where it is a region that says so. */
            concept?: string | null;
            presence?: components["schemas"]["Presence"] | null;
            /** @description Its description in each language. */
            texts: {
                [key: string]: string;
            };
        };
        /** @description What two snapshots say otherwise. */
        Differences: {
            /** @description The cases that are not the same, by their image's id. */
            cases: components["schemas"]["CaseDifference"][];
            /**
             * Format: uuid
             * @description The last image told of, where more follow: ask again for those after it.
             */
            next?: string | null;
            /** @description What their manifests say otherwise. */
            settings: components["schemas"]["SettingsDifference"];
            /** @description How much of their cases is the same, and how much is not. */
            totals: components["schemas"]["Totals"];
        };
        /** @description The lower-case hexadecimal SHA-256 of some bytes: the name of an object or of a snapshot. */
        Digest: string;
        /** @description One entry of the trail. */
        Entry: {
            /** @description What was done: `image.add`, `annotation.submit`, … */
            action: string;
            /** @description When, as the database's clock says. */
            at: string;
            /** @description More about it; no report text, no patient data. */
            detail: unknown;
            /** @description The hash of this row and all before it. */
            hash: string;
            /**
             * Format: int64
             * @description Its place in the chain, from 1.
             */
            seq: number;
            /** @description To what, by id. */
            subject: string;
            /**
             * Format: uuid
             * @description Who; absent for the system itself.
             */
            user_id?: string | null;
        };
        /** @description What every refusal looks like. */
        ErrorBody: {
            /** @description What went wrong. */
            error: components["schemas"]["ErrorDetail"];
        };
        /** @description What went wrong. */
        ErrorDetail: {
            /** @description Stable, for programs. */
            code: string;
            /** @description More, where a caller can act on it. */
            details?: unknown;
            /** @description What, where, what to do; for people. */
            message: string;
        };
        /** @description The scores of one split: Region-to-Text and Text-to-Region per language. */
        Evaluation: {
            /** @description Exact-name Region-to-Text accuracy, per language. */
            accuracy: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Images scored.
             */
            images: number;
            /** @description Mean IoU of true boxes with their matched predicted boxes (0 where none), per language of the prompt. */
            mean_iou: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Patients scored.
             */
            patients: number;
            /** @description F1 of predicted boxes at IoU ≥ 0.5, per language of the prompt. */
            region_f1: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Regions asked about.
             */
            regions: number;
        };
        /** @description A snapshot as one file, finished or not. */
        Export: {
            /** @description When it was asked for. */
            asked_at: string;
            /**
             * Format: int64
             * @description About how many it will be; once it is finished, exactly.
             */
            expected: number;
            /** @description Why it could not be written. */
            failure?: string | null;
            /** @description The layout. */
            format: string;
            /** @description The digest of the finished file. */
            sha256?: string | null;
            /** @description The snapshot. */
            snapshot: string;
            /** @description Where it stands. */
            state: components["schemas"]["ExportState"];
            /**
             * Format: int64
             * @description The bytes written so far.
             */
            written: number;
        };
        /**
         * @description The layout of an export.
         * @enum {string}
         */
        ExportFormat: "medreg" | "medreginstruct" | "coco" | "yolo" | "voc" | "llava" | "sharegpt" | "internvl" | "qwen-vl" | "qwen2.5-vl" | "csv" | "parquet" | "webdataset" | "derived";
        /**
         * @description Where an export stands.
         * @enum {string}
         */
        ExportState: "waiting" | "writing" | "finished" | "failed";
        /** @description A snapshot's files. */
        Exports: {
            /** @description By layout. */
            exports: components["schemas"]["Export"][];
        };
        /** @description How a picture is to be looked at and measured. */
        Facts: {
            /** @description PatientOrientation (0020,0020): where rows and columns lead, in the letters A, P, L, R, H and F. */
            directions?: string[] | null;
            /**
             * Format: int64
             * @description InstanceNumber (0020,0013): its place in its series.
             */
            instance?: number | null;
            laterality?: components["schemas"]["Laterality"] | null;
            levels?: components["schemas"]["Levels"] | null;
            /** @description Whether the pixels once went through a compression that loses something: LossyImageCompression (0028,2110), or a JPEG. */
            lossy: boolean;
            /**
             * @description ImageOrientationPatient (0020,0037): unit vectors along a row and along a column, x to the left, y to the back, z to the
             *     head. Absent where frames differ.
             */
            orientation?: number[] | null;
            /** @description ImagePositionPatient (0020,0032) of an image of one frame: the middle of its first pixel, in mm, same axes. */
            position?: number[] | null;
            /** @description The levels of a whole-slide image, the finest, in whose pixels boxes are, first; absent for all other images. */
            pyramid?: components["schemas"]["SlideLevel"][] | null;
            /** @description Whether the pixel spacing is that at the detector, ImagerPixelSpacing (0018,1164): what lies before it is smaller. */
            spacing_at_detector: boolean;
        };
        /** @description `POST /api/worker/{runs|acquisitions}/{id}/fail`: cannot be done. */
        Fail: {
            /**
             * Format: int32
             * @description The hand-out's number.
             */
            attempt: number;
            /** @description What was wrong, where, and what to do, for a person to read. */
            reason: string;
        };
        /** @description What became of one case. */
        Fate: {
            /** @enum {string} */
            became: "added";
            /** @description How many regions it has. */
            regions: number;
        } | {
            /** @enum {string} */
            became: "removed";
            /** @description How many regions it had. */
            regions: number;
        } | {
            /** @enum {string} */
            became: "changed";
            /** @description All that is different, at least one. */
            changes: components["schemas"]["Change"][];
        };
        /** @description What is taken; by itself everything. */
        Filter: {
            /**
             * @description Images alone whose every region is described in both languages.
             * @default false
             */
            both_languages: boolean;
            /**
             * @description Regions and labels of these concepts alone; of all where none is named. The snapshot's ontology is cut to them too: of what was
             *     left out, nobody may learn that it is absent.
             * @default []
             */
            concepts: string[];
            /**
             * @description Images of these kinds alone; of every kind where none is named.
             * @default []
             */
            modalities: components["schemas"]["Modality"][];
        };
        /** @description One label of the image, for classification. */
        Finding: {
            /** @description What is looked for. */
            concept: components["schemas"]["ConceptKey"];
            /** @description Whether it is there. */
            presence?: components["schemas"]["Presence"];
        };
        /** @description `POST /api/worker/acquisitions/{id}/finish`: the chosen images, first to last; the next cases follow this order. */
        FinishAcquisition: {
            /**
             * Format: int32
             * @description The hand-out's number.
             */
            attempt: number;
            /** @description At most `budget` of them. */
            ranking: components["schemas"]["RankedImage"][];
        };
        /** @description `POST /api/worker/runs/{id}/finish`, after the artifacts are up: publishes the model. */
        FinishRun: {
            /**
             * Format: int32
             * @description The hand-out's number.
             */
            attempt: number;
            /** @description The model's card, Markdown. */
            card: string;
            evaluation?: components["schemas"]["Evaluation"] | null;
            /** @description The model's files by name (`model.safetensors`, `config.json`, `tokenizer.json`), already put as artifacts. */
            files: {
                [key: string]: components["schemas"]["ObjectRef"];
            };
            /** @description Finished or stopped. */
            outcome: components["schemas"]["RunOutcome"];
        };
        /** @description Something that does not agree. */
        Flag: components["schemas"]["Mark"] & {
            against?: components["schemas"]["Mark"] | null;
            /** @description What the sentence speaks of, by name. */
            arguments: {
                [key: string]: string;
            };
            /** @description What is wrong: a key for a sentence, which [`Flag::sentence`] gives in English. */
            message: string;
            /** @description The rule that found it. */
            rule: components["schemas"]["Rule"];
            /** @description How grave it is. */
            severity: components["schemas"]["Severity"];
        };
        /** @description What the bilingual checks found. */
        Flags: {
            /** @description The gravest first. */
            flags: components["schemas"]["Flag"][];
        };
        /** @description What was done to a header. */
        HeaderReport: {
            /** @description Each of them, those outside of all sequences first. */
            attributes: components["schemas"]["TreatedAttribute"][];
            /** @description How many attributes were treated how. */
            counts: components["schemas"]["Deeds"];
            /** @description What the project wanted of dates. */
            dates: components["schemas"]["KeptDates"];
            /** @description The edition of PS3.15 that was followed. */
            edition: string;
            /** @description Whether it wanted the patient's characteristics to stay. */
            keep_characteristics: boolean;
            /**
             * Format: int64
             * @description How many more were treated, which are not among those.
             */
            unlisted: number;
        };
        /** @description `POST /api/worker/{runs|acquisitions}/{id}/heartbeat`: still at it. */
        Heartbeat: {
            /**
             * Format: int32
             * @description The hand-out's number.
             */
            attempt: number;
            /** @description The checkpoints of the run that the worker keeps, oldest first; nothing where that is not known yet. */
            checkpoints?: components["schemas"]["HeldCheckpoint"][] | null;
            /**
             * Format: int64
             * @description Steps, or images, done.
             */
            done: number;
            /** @description What it said since the last beat that was answered. */
            log?: components["schemas"]["LogLine"][];
            /** @description What it is at: `training`, `evaluating`, `predicting`, `publishing`. */
            phase: string;
            /** @description Whether it has written one since it took the run up: where it began is no longer where it would go on from. */
            saved?: boolean;
            /**
             * Format: int64
             * @description Steps, or images, in all.
             */
            total: number;
        };
        /** @description The server's answer to a heartbeat. A lost claim answers 409 instead. */
        HeartbeatReply: {
            /** @description Somebody asked the run to stop: finish the step, keep what was learnt, finish as stopped. */
            stop: boolean;
        };
        /** @description A checkpoint that a run's worker keeps. */
        HeldCheckpoint: {
            /** @description Whether it has the lowest loss of those that are kept: it stays when newer ones come. */
            best: boolean;
            /**
             * Format: double
             * @description The training loss by then, smoothed over about twenty steps.
             */
            loss?: number | null;
            /**
             * Format: int32
             * @description Steps done when it was written.
             */
            step: number;
            /**
             * Format: int64
             * @description When it was written, in seconds since 1970.
             */
            written_at: number;
        };
        /** @description A run of which a worker keeps checkpoints. */
        HeldRun: {
            /** @description The run. */
            run: components["schemas"]["RunId"];
            /** @description The steps done at each of them. */
            steps: number[];
        };
        /** @description An image as its readers see it. */
        Image: {
            attestation_reason?: components["schemas"]["AttestationReason"] | null;
            /**
             * Format: int32
             * @description 8 or 16.
             */
            bits: number;
            /** @description Whether it is in colour. */
            colour: boolean;
            /** @description When it came. */
            created_at: string;
            facts?: components["schemas"]["Facts"] | null;
            /**
             * Format: int32
             * @description How much the bilingual checks found in what was submitted about it; absent where nothing was.
             */
            flags?: number | null;
            /**
             * Format: int32
             * @description How many frames it has.
             */
            frames: number;
            /**
             * Format: int32
             * @description Pixels down.
             */
            height: number;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description The kind of picture. */
            modality: components["schemas"]["Modality"];
            /** @description The patient's pseudonym. */
            patient: string;
            /** @description Row and column spacing in mm. */
            pixel_spacing?: number[] | null;
            /**
             * Format: uuid
             * @description Its project.
             */
            project_id: string;
            /** @description The 8-bit PNG as a reader first sees it. */
            raster: components["schemas"]["ObjectRef"];
            /** @description The series' pseudonym, where the file names one. */
            series?: string | null;
            /** @description The patient's split. */
            split: components["schemas"]["Split"];
            /** @description Where the case stands. */
            state: components["schemas"]["ImageState"];
            /** @description The study's pseudonym. */
            study: string;
            /**
             * Format: int32
             * @description Pixels across.
             */
            width: number;
            window?: components["schemas"]["Window"] | null;
        };
        /**
         * Format: uuid
         * @description One raster source.
         */
        ImageId: string;
        /** @description What a model says about one image. */
        ImagePrediction: {
            /** @description The image. */
            image: components["schemas"]["ImageId"];
            /** @description The regions it proposes. */
            regions: components["schemas"]["ProposedRegion"][];
        };
        /** @description The size of an image in pixels; neither side is zero. */
        ImageSize: {
            /** Format: int32 */
            height: number;
            /** Format: int32 */
            width: number;
        };
        /**
         * @description Where a case stands.
         * @enum {string}
         */
        ImageState: "waiting_attestation" | "withheld" | "open" | "leased" | "submitted";
        /** @description A page of images. */
        Images: {
            /** @description In order of arrival, where nothing else is said. */
            images: components["schemas"]["Image"][];
            /**
             * Format: uuid
             * @description Pass as `after` for the next page; absent on the last.
             */
            next?: string | null;
        };
        /** @description A token's secret, told once. */
        IssuedToken: {
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description The secret; it is not kept. */
            token: string;
        };
        /**
         * @description What becomes of the dates in headers.
         * @enum {string}
         */
        KeptDates: "removed" | "shifted";
        /** @description A language tag in the shape of BCP 47: `en`, `zh`, `zh-Hans`, `ja`. */
        Lang: string;
        /**
         * @description A side of the body.
         * @enum {string}
         */
        Laterality: "left" | "right";
        /**
         * @description How the learning rate goes on once it has risen to its peak.
         * @enum {string}
         */
        LearningRateSchedule: "cosine" | "linear" | "constant";
        /** @description A reader's temporary hold on a case. */
        Lease: {
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /**
             * Format: int32
             * @description How many seconds that is from now, for clocks that do not agree with the server's.
             */
            seconds: number;
            /** @description Until when, unless renewed. */
            until: string;
        };
        /** @description What grey values mean: value = slope × stored + intercept, after the modality transformation of PS3.3 section C.11.1. */
        Levels: {
            /**
             * Format: double
             * @description The middle of the range that the file wants shown, in units of the values.
             */
            center: number;
            /** @description How it is spread over the greys. */
            function: components["schemas"]["VoiFunction"];
            /** @description Whether the values are Hounsfield units. */
            hounsfield: boolean;
            /**
             * Format: double
             * @description In units of the values.
             */
            intercept: number;
            /** @description MONOCHROME1: the smallest value is white. */
            inverse: boolean;
            /**
             * Format: double
             * @description Of stored values; below zero where the smallest value is white.
             */
            slope: number;
            /**
             * Format: double
             * @description Its width.
             */
            width: number;
        };
        /**
         * @description How much a line of a log matters.
         * @enum {string}
         */
        LogLevel: "info" | "warn" | "error";
        /** @description A line of what a worker says about the run at hand. No patient data: a worker knows pseudonyms and ids only. */
        LogLine: {
            /**
             * Format: int64
             * @description When it was said, in milliseconds since 1970.
             */
            at: number;
            /** @description How much it matters. */
            level: components["schemas"]["LogLevel"];
            /** @description What was said. */
            message: string;
            /**
             * Format: int32
             * @description Its place among the lines of this hand-out, from 1: a line that is told twice is kept once.
             */
            number: number;
        };
        /** @description A line of a run's log. */
        LoggedLine: {
            /** @description When, by the worker's clock. */
            at: string;
            /**
             * Format: int32
             * @description Which hand-out of the run said it.
             */
            attempt: number;
            /** @description How much it matters. */
            level: components["schemas"]["LogLevel"];
            /** @description What was said. */
            message: string;
            /**
             * Format: int32
             * @description Its place in that hand-out.
             */
            number: number;
        };
        /** @description What a snapshot is, all of it by value or by hash. */
        Manifest: {
            /** @description The JSON lines of [`SnapshotCase`]. */
            cases: components["schemas"]["ObjectRef"];
            /** @description Cases, regions and patients per split. */
            counts: components["schemas"]["Counts"];
            /** @description Which of the submitted cases were taken. */
            filter?: components["schemas"]["Filter"];
            /** @description The annotation guideline, Markdown. */
            guideline: string;
            /** @description The two languages of every text. */
            langs: string[];
            /** @description The ontology, sorted by key. */
            ontology: components["schemas"]["Concept"][];
            /** @description The project it was cut from. */
            project: components["schemas"]["ProjectId"];
            /** @description That project's name. */
            project_name: string;
            /**
             * Format: int32
             * @description The layout's version, [`SCHEMA`].
             */
            schema: number;
            /** @description How patients are split. */
            shares: components["schemas"]["SplitShares"];
            /** @description True where the images are generated. */
            synthetic: boolean;
        };
        /** @description A part of one of the texts that a finding is about. */
        Mark: {
            /** @description What could stand there instead, so that this text agrees with the other one. */
            fix?: string | null;
            /** @description The text's language. */
            lang: string;
            span?: components["schemas"]["Span"] | null;
        };
        /** @description A member with their role. */
        Member: {
            /** @description What others see. */
            display_name: string;
            /**
             * Format: uuid
             * @description The user's id.
             */
            id: string;
            /** @description What they are in the project. */
            role: components["schemas"]["Role"];
            /** @description What they sign in with. */
            username: string;
        };
        /** @description A project's members. */
        Members: {
            /** @description By name. */
            members: components["schemas"]["Member"][];
        };
        /** @description One measured value at one step. */
        MetricPoint: {
            /** @description What was measured: `train/loss`, `train/learning_rate`, `train/turns_per_second`, `val/loss`, `test/accuracy.en`, … */
            name: string;
            /**
             * Format: int32
             * @description The optimizer step.
             */
            step: number;
            /**
             * Format: double
             * @description The value; must be finite.
             */
            value: number;
        };
        /** @description `POST /api/worker/runs/{id}/metrics`: the same name and step again replaces the value. */
        Metrics: {
            /**
             * Format: int32
             * @description The hand-out's number.
             */
            attempt: number;
            /** @description The values. */
            points: components["schemas"]["MetricPoint"][];
        };
        /**
         * @description The kind of picture, in the spirit of DICOM's Modality (0008,0060).
         * @enum {string}
         */
        Modality: "ct" | "mr" | "xray" | "mammography" | "ultrasound" | "fundus" | "oct" | "dermatology" | "pathology" | "endoscopy" | "nuclear" | "other";
        /** @description A published model. */
        Model: {
            /** @description Its card, Markdown. */
            card: string;
            /** @description When it was published. */
            created_at: string;
            evaluation?: components["schemas"]["Evaluation"] | null;
            /** @description Its files by name. */
            files: {
                [key: string]: components["schemas"]["ObjectRef"];
            };
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description What people call it. */
            name: string;
            /**
             * Format: uuid
             * @description Its project.
             */
            project_id: string;
            /** @description Whether it suggests now. */
            promoted: boolean;
            /**
             * Format: uuid
             * @description The run that gave it.
             */
            run_id: string;
        };
        /**
         * Format: uuid
         * @description A published model.
         */
        ModelId: string;
        /** @description The model a run starts from or a round asks: a model that ships with the trainer, or a published one. */
        ModelRef: {
            /** @enum {string} */
            kind: "builtin";
            /** @description Its name. */
            name: string;
        } | {
            /** @description Its id. */
            id: components["schemas"]["ModelId"];
            /** @enum {string} */
            kind: "published";
        };
        /** @description A project's models. */
        Models: {
            /** @description Newest first. */
            models: components["schemas"]["Model"][];
        };
        /** @description A new project. */
        NewProjectBody: {
            /**
             * Format: int32
             * @description Percent of cases shown without suggestions.
             */
            blind_share?: number;
            /** @description How to annotate, Markdown. */
            guideline?: string;
            /** @description The two languages; English and Chinese unless told otherwise. */
            langs?: string[];
            /** @description Its name. */
            name: string;
            /** @description Percent of patients held out. */
            shares?: components["schemas"]["SplitShares"];
            /** @description True where the images are generated. */
            synthetic?: boolean;
        };
        /** @description A new run. */
        NewRunBody: {
            /** @description What to start from. */
            base: components["schemas"]["ModelRef"];
            /**
             * Format: uuid
             * @description The run whose settings these are, or were.
             */
            cloned_from?: string | null;
            /** @description How to train. */
            config?: components["schemas"]["RunConfig"];
            /** @description What to call it. */
            name?: string | null;
            /** @description The snapshot to learn from. */
            snapshot: string;
        };
        /** @description What to call a snapshot, and what it takes. */
        NewSnapshotBody: {
            /**
             * @description Which of the submitted cases it takes; everything unless told otherwise.
             * @default {}
             */
            filter: components["schemas"]["Filter"];
            /**
             * @description Its name.
             * @default null
             */
            name: string | null;
        };
        /** @description A new token. */
        NewTokenBody: {
            /** @description What its owner calls it. */
            name: string;
            /** @description What it may do. */
            scope: components["schemas"]["TokenScope"];
        };
        /** @description A new user. */
        NewUserBody: {
            /** @description What others see. */
            display_name: string;
            /** @description Whether they run the installation. */
            is_admin?: boolean;
            /** @description Their first password. */
            password: string;
            /** @description What they sign in with. */
            username: string;
        };
        /** @description Which case is wanted. */
        NextCase: {
            /** @default null */
            split: components["schemas"]["Split"] | null;
        };
        /** @description Notes and tags of a run. */
        NotesBody: {
            /**
             * Format: int64
             * @description The revision they were made from.
             */
            based_on: number;
            /** @description What people write about the run. */
            notes: string;
            /** @description Words to find it by. */
            tags: string[];
        };
        /** @description An object by its hash. */
        ObjectRef: {
            /**
             * Format: int64
             * @description How many bytes it has.
             */
            bytes: number;
            /** @description The digest of its bytes. */
            sha256: string;
        };
        /** @description What became of suggestions. */
        Outcomes: {
            /**
             * Format: int64
             * @description Taken as they were.
             */
            accepted: number;
            /**
             * Format: int64
             * @description Taken and changed.
             */
            adjusted: number;
            /**
             * Format: int64
             * @description Neither taken nor turned down.
             */
            ignored: number;
            /**
             * Format: int64
             * @description Turned down.
             */
            rejected: number;
        };
        /** @description How fast cases are read. */
        Pace: {
            /**
             * Format: int64
             * @description How many.
             */
            cases: number;
            /**
             * Format: double
             * @description Seconds a reader was at one, idle time left out, on average; 0 where there is none.
             */
            seconds: number;
        };
        /** @description A part of a case. */
        Part: {
            /** @description Its concept, in the snapshot that has it; in the second one where both have. */
            concept?: string | null;
            /** @description Its id. */
            id: components["schemas"]["RegionId"];
            /** @enum {string} */
            part: "region";
        } | {
            /** @description Its id. */
            id: components["schemas"]["SentenceId"];
            /** @enum {string} */
            part: "sentence";
        } | {
            /** @description Its id. */
            id: components["schemas"]["QuestionId"];
            /** @enum {string} */
            part: "question";
        } | {
            /** @description The question's id. */
            id: components["schemas"]["QuestionId"];
            /** @enum {string} */
            part: "answer";
        } | {
            /** @description What is looked for. */
            concept: string;
            /** @enum {string} */
            part: "finding";
        };
        /** @description A person by id and name. */
        Person: {
            /** @description What others see. */
            display_name: string;
            /**
             * Format: uuid
             * @description The account's id.
             */
            id: string;
        };
        /** @description [x0, y0, x1, y1] in image pixels, x0 < x1, y0 < y1 */
        PixelBox: number[];
        /** @description One image of the pool, as `GET /api/worker/acquisitions/{id}/pool` lists it, page by page. */
        PoolImage: {
            /** @description The image. */
            id: components["schemas"]["ImageId"];
            /** @description Its kind. */
            modality: components["schemas"]["Modality"];
            /** @description False for images that are only context: already annotated, so that coverage knows what is covered. */
            open: boolean;
            /** @description Its 8-bit PNG; fetched from `GET /api/worker/acquisitions/{id}/objects/{sha256}`. */
            raster: components["schemas"]["ObjectRef"];
            /** @description Its size. */
            size: components["schemas"]["ImageSize"];
        };
        /** @description One page of the pool. */
        PoolPage: {
            /** @description The images, in order of id. */
            images: components["schemas"]["PoolImage"][];
            next?: components["schemas"]["ImageId"] | null;
        };
        /**
         * @description How exactly a run computes. Weights, their gradients and AdamW's moments are 32-bit numbers in any case.
         * @enum {string}
         */
        Precision: "full" | "mixed";
        /** @description `POST /api/worker/acquisitions/{id}/predictions`: replaces earlier suggestions for these images that no reader has met. */
        Predictions: {
            /**
             * Format: int32
             * @description The hand-out's number.
             */
            attempt: number;
            /** @description Image by image. */
            images: components["schemas"]["ImagePrediction"][];
        };
        /**
         * @description What a reader says about the concept in a region.
         * @enum {string}
         */
        Presence: "present" | "absent" | "uncertain";
        /** @description How far a project is. */
        Progress: {
            /** @description Submitted cases that were read with suggestions. */
            assisted: components["schemas"]["Pace"];
            /** @description Submitted cases whose suggestions were kept back, to compare with. */
            control: components["schemas"]["Pace"];
            /**
             * Format: int64
             * @description Images in all.
             */
            images: number;
            /**
             * Format: int64
             * @description Those that nobody has finished.
             */
            open: number;
            /**
             * Format: int64
             * @description Regions in the submitted revisions.
             */
            regions: number;
            /**
             * Format: int64
             * @description Those that somebody finished.
             */
            submitted: number;
            /** @description What became of suggestions. */
            suggestions: components["schemas"]["Outcomes"];
            /**
             * Format: int64
             * @description Those that wait for a person's word on burned-in data.
             */
            waiting_attestation: number;
        };
        /** @description A project, as its members see it. */
        Project: {
            /**
             * Format: int32
             * @description Percent of cases shown without suggestions.
             */
            blind_share: number;
            /** @description When it was made. */
            created_at: string;
            /** @description How to annotate, Markdown. */
            guideline: string;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description Whether those headers keep the patient's sex, age, size and the like. */
            keep_characteristics: boolean;
            /** @description What becomes of the dates in headers of DICOM files that come. */
            keep_dates: components["schemas"]["KeptDates"];
            /** @description The two languages of every description. */
            langs: string[];
            /** @description Its name. */
            name: string;
            /** @description Percent of patients held out. */
            shares: components["schemas"]["SplitShares"];
            /** @description True where the images are generated. */
            synthetic: boolean;
        };
        /** @description What a lead may change about a project. */
        ProjectChangeBody: {
            /**
             * Format: int32
             * @description Percent of cases shown without suggestions.
             */
            blind_share?: number | null;
            /** @description How to annotate, Markdown. */
            guideline?: string | null;
            /** @description Whether DICOM headers that come from now on keep the patient's sex, age, size and the like. */
            keep_characteristics?: boolean | null;
            keep_dates?: components["schemas"]["KeptDates"] | null;
            /** @description Its name. */
            name?: string | null;
            shares?: components["schemas"]["SplitShares"] | null;
        };
        /**
         * Format: uuid
         * @description A body of work: its images, readers, ontology and models.
         */
        ProjectId: string;
        /** @description A project with the caller's role in it. */
        ProjectView: components["schemas"]["Project"] & {
            /** @description What the caller is in it. */
            role: components["schemas"]["Role"];
        };
        /** @description Projects. */
        Projects: {
            /** @description By name. */
            projects: components["schemas"]["ProjectView"][];
        };
        /** @description How to use a promoted model. */
        PromoteBody: {
            /**
             * @description The round that it is asked for.
             * @default {
             *       "budget": null,
             *       "model": null,
             *       "seed": 0,
             *       "strategy": "hybrid"
             *     }
             */
            acquire: components["schemas"]["Wish"];
        };
        /** @description A promoted model and the round that was asked for. */
        Promoted: {
            /** @description The round. */
            acquisition: components["schemas"]["Acquisition"];
            /** @description The model. */
            model: components["schemas"]["Model"];
        };
        /** @description A region that a model proposes. */
        ProposedRegion: {
            /** @description Where. */
            bbox: components["schemas"]["PixelBox"];
            /** @description What. */
            concept: components["schemas"]["ConceptKey"];
            /**
             * Format: double
             * @description The probability of the answer's tokens, in 0..=1; not calibrated.
             */
            confidence: number;
            /** @description The model's description in each language. */
            texts: {
                [key: string]: string;
            };
        };
        /** @description One question about the image with its answer, for visual question answering. */
        Question: {
            /** @description What is answered, in each language. */
            answer?: {
                [key: string]: string;
            };
            /** @description Stable across the revisions that keep the question; chosen by whoever writes it. */
            id: components["schemas"]["QuestionId"];
            /** @description What is asked, in each language. */
            question?: {
                [key: string]: string;
            };
            region?: components["schemas"]["RegionId"] | null;
        };
        /**
         * Format: uuid
         * @description One question about an image, stable across the revisions that keep it.
         */
        QuestionId: string;
        /** @description One chosen image. */
        RankedImage: {
            /** @description The image. */
            image: components["schemas"]["ImageId"];
            /** @description Why it was chosen. */
            reason: components["schemas"]["ChoiceReason"];
            /**
             * Format: double
             * @description The strategy's score; higher is sooner.
             */
            score: number;
        };
        /** @description One box on one frame, what it shows, and its description in each language. */
        Region: {
            /** @description Where it is, in image pixels. */
            bbox: components["schemas"]["PixelBox"];
            concept?: components["schemas"]["ConceptKey"] | null;
            /**
             * Format: int32
             * @description The frame it lies on; 0 where the image has one.
             */
            frame?: number;
            /** @description Stable across the revisions that keep the region; chosen by whoever draws it. */
            id: components["schemas"]["RegionId"];
            origin?: components["schemas"]["SuggestionId"] | null;
            /** @description Whether it is there. */
            presence?: components["schemas"]["Presence"];
            /** @description The description in each language. */
            texts?: {
                [key: string]: string;
            };
        };
        /**
         * Format: uuid
         * @description One region, stable across the revisions that keep it.
         */
        RegionId: string;
        /** @description What a run that ended early goes on from. */
        ResumeBody: {
            /**
             * Format: int32
             * @description The checkpoint after this step, of those that its worker keeps; the newest where it is absent.
             * @default null
             */
            step: number | null;
        };
        /** @description One saved state of an annotation. */
        Revision: {
            /** @description What it says. */
            content: components["schemas"]["AnnotationContent"];
            /**
             * Format: int64
             * @description Its number, from 1.
             */
            revision: number;
            /** @description When it was saved. */
            saved_at: string;
            /** @description Whether it was submitted. */
            submitted: boolean;
        };
        /** @description A page of an annotation's saved states. */
        Revisions: {
            /** @description Oldest first. */
            revisions: components["schemas"]["Revision"][];
        };
        /**
         * @description What somebody is in a project.
         * @enum {string}
         */
        Role: "annotator" | "reviewer" | "engineer" | "lead" | "admin";
        /** @description What somebody is to be. */
        RoleBody: {
            /** @description annotator, reviewer, engineer or lead. */
            role: components["schemas"]["Role"];
        };
        /**
         * @description What is looked at.
         * @enum {string}
         */
        Rule: "laterality" | "numbers" | "negation" | "terms" | "empty" | "untranslated" | "side" | "placeholder";
        /** @description A training run. */
        Run: {
            /**
             * Format: int32
             * @description How often it was handed out.
             */
            attempt: number;
            /** @description What it starts from. */
            base: components["schemas"]["ModelRef"];
            /** @description The checkpoints that its worker keeps, oldest first. */
            checkpoints: components["schemas"]["HeldCheckpoint"][];
            /**
             * Format: uuid
             * @description The run that its settings were taken from.
             */
            cloned_from?: string | null;
            /** @description How it trains. */
            config: components["schemas"]["RunConfig"];
            /** @description When it was launched. */
            created_at: string;
            /**
             * Format: int64
             * @description Steps, or images, done.
             */
            done: number;
            /** @description Why it failed. */
            error?: string | null;
            evaluation?: components["schemas"]["Evaluation"] | null;
            /** @description When it ended. */
            finished_at?: string | null;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /**
             * Format: uuid
             * @description The model it gave.
             */
            model_id?: string | null;
            /** @description What people call it. */
            name: string;
            /** @description What people wrote about it. */
            notes: string;
            /**
             * Format: int64
             * @description How often notes and tags were changed; a change names the one it was made from.
             */
            notes_revision: number;
            /** @description What the worker is at. */
            phase?: string | null;
            /**
             * Format: uuid
             * @description Its project.
             */
            project_id: string;
            /** @description Whether it can be resumed: it failed, or it was stopped and its worker still keeps what it learnt. */
            resumable: boolean;
            /**
             * Format: int32
             * @description The step whose checkpoint it is to go on from, until its worker has written one after that.
             */
            resume_from?: number | null;
            /** @description The snapshot it learns from. */
            snapshot: string;
            /** @description When a worker first took it. */
            started_at?: string | null;
            /** @description Where it stands. */
            state: components["schemas"]["RunState"];
            /** @description Words to find it by. */
            tags: string[];
            /**
             * Format: int64
             * @description Steps, or images, in all.
             */
            total: number;
            /** @description Who has it. */
            worker?: string | null;
        };
        /** @description How a run trains. Every field has a default that suits the shipped base model. */
        RunConfig: {
            /**
             * Format: int32
             * @description Batches per step, worked on one after the other: the gradient is that of all their images together.
             * @default 1
             */
            accumulate: number;
            /**
             * Format: int32
             * @description Images per batch; a step takes one batch, or as many as `accumulate` says.
             * @default 4
             */
            batch_images: number;
            /**
             * Format: int32
             * @description Steps between two checkpoints.
             * @default 200
             */
            checkpoint_every: number;
            /**
             * Format: double
             * @description Gradients longer than this are scaled down to it.
             * @default 1
             */
            clip_norm: number;
            /**
             * Format: double
             * @description The share of the weights' running average that each step keeps, such as 0.999; after n steps it is at most (1 + n) / (10 + n).
             *     The average is then what the run gives out. 0 gives out the weights themselves.
             * @default 0
             */
            ema: number;
            /**
             * Format: int32
             * @description Newest checkpoints that are kept; the one with the lowest smoothed loss is kept besides.
             * @default 2
             */
            keep_checkpoints: number;
            /**
             * Format: double
             * @description Peak learning rate.
             * @default 0.001
             */
            learning_rate: number;
            /**
             * Format: int32
             * @description Steps between two logged losses.
             * @default 5
             */
            log_every: number;
            /**
             * @description How exactly the model's products are computed.
             * @default full
             */
            precision: components["schemas"]["Precision"];
            /**
             * @description Whether layers keep their inputs alone and compute the rest again on the way back: less memory, a longer step.
             * @default false
             */
            recompute: boolean;
            /**
             * @description How the learning rate goes on after that.
             * @default cosine
             */
            schedule: components["schemas"]["LearningRateSchedule"];
            /**
             * Format: int64
             * @description The seed of order, sampling, initial adapters and what dropout leaves out.
             * @default 1
             */
            seed: number;
            /**
             * Format: int32
             * @description Optimizer steps.
             * @default 600
             */
            steps: number;
            /**
             * @description What may change.
             * @default {
             *       "kind": "full"
             *     }
             */
            tuning: components["schemas"]["Tuning"];
            /**
             * Format: int32
             * @description Question–answer turns taken of each image per step.
             * @default 8
             */
            turns_per_image: number;
            /**
             * Format: int32
             * @description Framings and exposures of each picture, taken in turn; 0 draws fresh ones at every visit. Where vision tower and projector are not
             *     trained, what they make of a bounded number of them is kept instead of computed at every visit.
             * @default 0
             */
            views: number;
            /**
             * Format: double
             * @description The share of the steps over which the learning rate rises.
             * @default 0.05
             */
            warmup: number;
            /**
             * Format: double
             * @description Decoupled weight decay.
             * @default 0.01
             */
            weight_decay: number;
        };
        /**
         * Format: uuid
         * @description One training run.
         */
        RunId: string;
        /** @description A training run to carry out. */
        RunItem: {
            /**
             * Format: int32
             * @description Which hand-out of the run this is, from 1; sent back in every message, so that a worker that lost its claim is told.
             */
            attempt: number;
            /** @description What to start from. */
            base: components["schemas"]["ModelRef"];
            /** @description How to train. */
            config: components["schemas"]["RunConfig"];
            /** @description The run. */
            id: components["schemas"]["RunId"];
            /**
             * Format: int32
             * @description Seconds without a heartbeat after which another worker may claim it.
             */
            lease_seconds: number;
            /** @description Its project. */
            project: components["schemas"]["ProjectId"];
            /**
             * Format: int32
             * @description Go on from the checkpoint after this step, which the worker said it has, and not from the newest.
             */
            resume_from?: number | null;
            /** @description The snapshot to learn from. */
            snapshot: string;
        };
        /** @description What a run's workers said. */
        RunLog: {
            /** @description Newest last. */
            lines: components["schemas"]["LoggedLine"][];
        };
        /**
         * @description How a run ended well.
         * @enum {string}
         */
        RunOutcome: "finished" | "stopped";
        /** @description `GET /api/worker/runs/{id}`: what became of a run, for a worker that keeps its checkpoints. */
        RunStanding: {
            /** @description It gave its model and cannot be resumed: nobody goes on from its checkpoints any more. */
            published: boolean;
        };
        /**
         * @description Where a run stands.
         * @enum {string}
         */
        RunState: "queued" | "running" | "stopping" | "finished" | "stopped" | "failed";
        /** @description A page of a project's runs. */
        Runs: {
            /**
             * Format: uuid
             * @description Pass as `after` for the next page; absent on the last.
             */
            next?: string | null;
            /** @description Newest first. */
            runs: components["schemas"]["Run"][];
            /** @description All tags of the project's runs. */
            tags: string[];
        };
        /** @description A new revision. */
        Save: {
            /**
             * Format: int64
             * @description The revision it was made from.
             */
            based_on: number;
            /** @description What it says. */
            content: components["schemas"]["AnnotationContent"];
        };
        /** @description One sentence of a report, with the regions it speaks of. */
        Sentence: {
            /** @description Stable across the revisions that keep the sentence; chosen by whoever writes it. */
            id: components["schemas"]["SentenceId"];
            /** @description The regions it speaks of, as in a grounded report (MedRegA, arXiv 2410.18387); none where it is about the whole image. */
            regions?: components["schemas"]["RegionId"][];
            /** @description What it says, in each language. */
            texts?: {
                [key: string]: string;
            };
        };
        /**
         * Format: uuid
         * @description One sentence of a report, stable across the revisions that keep it.
         */
        SentenceId: string;
        /** @description Measured values by name: [step, value]. */
        Series: {
            /** @description In order of steps. */
            series: {
                [key: string]: number[][];
            };
        };
        /** @description What one may change about oneself. */
        SessionChange: {
            /** @description en, zh-Hans or ja. */
            interface_lang: string;
        };
        /** @description Who is signed in. */
        SessionView: {
            /** @description What state-changing requests must carry as X-CSRF-Token. */
            csrf_token: string;
            /** @description How they work with the page. */
            settings: components["schemas"]["Settings"];
            /** @description The user. */
            user: components["schemas"]["User"];
        };
        /** @description How a person works with the page, wherever they sign in. */
        Settings: {
            /** @description Whether names stand beside the boxes. */
            box_names: boolean;
            /** @description Whether keys that also write a character are in use. */
            letter_keys: boolean;
            /** @description Whether every box is drawn by two clicks, never by dragging. */
            two_clicks: boolean;
        };
        /** @description What the manifests of two snapshots say otherwise, their cases left aside. */
        SettingsDifference: {
            /** @description Concepts that only the second one has. */
            concepts_added: string[];
            /** @description Concepts that both have, with other names, synonyms, codes or modalities. */
            concepts_changed: string[];
            /** @description Concepts that only the first one has. */
            concepts_removed: string[];
            filter?: components["schemas"]["Turned_Filter"] | null;
            guideline?: components["schemas"]["Turned_String"] | null;
            langs?: components["schemas"]["Turned_Vec_String"] | null;
            project_name?: components["schemas"]["Turned_String"] | null;
            shares?: components["schemas"]["Turned_SplitShares"] | null;
        };
        /**
         * @description How grave it is, if it is right.
         * @enum {string}
         */
        Severity: "notice" | "warning";
        /** @description A name and a password. */
        SignIn: {
            /** @description The password. */
            password: string;
            /** @description The user's name. */
            username: string;
        };
        /** @description One level of a slide: the whole of it at some size, cut into tiles. */
        SlideLevel: {
            /**
             * Format: int32
             * @description Pixels down.
             */
            height: number;
            /**
             * Format: int32
             * @description Pixels down a tile.
             */
            tile_height: number;
            /**
             * Format: int32
             * @description Pixels across a tile; those at the right edge may be narrower, or reach beyond the level.
             */
            tile_width: number;
            /**
             * Format: int32
             * @description Pixels across.
             */
            width: number;
        };
        /** @description A snapshot as people see it. */
        Snapshot: {
            /** @description When it was cut. */
            created_at: string;
            /** @description Who cut it. */
            created_by: components["schemas"]["Person"];
            /** @description The SHA-256 of its manifest. */
            id: string;
            /** @description What it is. */
            manifest: components["schemas"]["Manifest"];
            /** @description What people call it. */
            name: string;
            /**
             * Format: uuid
             * @description Its project.
             */
            project_id: string;
        };
        /** @description A project's snapshots. */
        Snapshots: {
            /** @description Newest first. */
            snapshots: components["schemas"]["Snapshot"][];
        };
        /** @description A part of a text, in UTF-16 code units from its start, as a browser counts. */
        Span: {
            /** @description Where it ends, exclusive. */
            end: number;
            /** @description Where it begins. */
            start: number;
        };
        /**
         * @description Which part of a data set a patient belongs to; all of a patient's images share it.
         * @enum {string}
         */
        Split: "train" | "val" | "test";
        /** @description The size of one split. */
        SplitCounts: {
            /**
             * Format: int64
             * @description Images.
             */
            images: number;
            /**
             * Format: int64
             * @description Patients.
             */
            patients: number;
            /**
             * Format: int64
             * @description Regions.
             */
            regions: number;
        };
        /** @description The percentages of patients held out for validation and for testing; the rest is for training. */
        SplitShares: {
            /**
             * Format: int32
             * @description Percent for testing.
             */
            test: number;
            /**
             * Format: int32
             * @description Percent for validation.
             */
            val: number;
        };
        /**
         * @description How the next images are chosen.
         * @enum {string}
         */
        Strategy: "random" | "stratified-random" | "typical" | "entropy" | "hybrid";
        /** @description A revision that is finished. */
        Submit: {
            /**
             * Format: double
             * @description Seconds the reader was at it, idle time left out.
             */
            active_seconds: number;
            /**
             * Format: int64
             * @description The latest revision.
             */
            revision: number;
        };
        /** @description A region that a model proposed. */
        Suggestion: {
            /** @description Where. */
            bbox: components["schemas"]["PixelBox"];
            /** @description What. */
            concept: string;
            /**
             * Format: double
             * @description The probability of the answer's tokens; not calibrated.
             */
            confidence: number;
            /**
             * Format: uuid
             * @description Its id; a region that grows from it names it as its origin.
             */
            id: string;
            /**
             * Format: uuid
             * @description The model.
             */
            model_id: string;
            /** @description Its name. */
            model_name: string;
            /** @description The model's description in each language. */
            texts: {
                [key: string]: string;
            };
        };
        /**
         * Format: uuid
         * @description One region that a model proposed.
         */
        SuggestionId: string;
        /** @description A description that is offered to readers. */
        Template: {
            concept?: components["schemas"]["ConceptKey"] | null;
            /** @description What it is called where it is offered. */
            name: string;
            /** @description The description in each of the project's languages. `{size}` is a placeholder: the next thing that a reader types. */
            texts: {
                [key: string]: string;
            };
        };
        /** @description A project's templates, read and written alike. */
        Templates: {
            /** @description In their lead's order. */
            templates: components["schemas"]["Template"][];
        };
        /** @description A token, without its secret. */
        Token: {
            /** @description When it was made. */
            created_at: string;
            /**
             * Format: uuid
             * @description Its id.
             */
            id: string;
            /** @description When it was last used, to the minute. */
            last_used_at?: string | null;
            /** @description What its owner calls it. */
            name: string;
            /** @description When it was revoked. */
            revoked_at?: string | null;
            /** @description `user` or `worker`. */
            scope: string;
        };
        /**
         * @description What a token may do.
         * @enum {string}
         */
        TokenScope: "user" | "worker";
        /** @description Somebody's tokens. */
        Tokens: {
            /** @description Oldest first. */
            tokens: components["schemas"]["Token"][];
        };
        /** @description How many of each. */
        Totals: {
            /**
             * Format: int64
             * @description Regions that lie elsewhere.
             */
            boxes_moved: number;
            /**
             * Format: int64
             * @description Cases that only the second snapshot has.
             */
            cases_added: number;
            /**
             * Format: int64
             * @description Cases that both have and that say different things.
             */
            cases_changed: number;
            /**
             * Format: int64
             * @description Cases that only the first snapshot has.
             */
            cases_removed: number;
            /**
             * Format: int64
             * @description Cases that are the same to the last character.
             */
            cases_unchanged: number;
            /**
             * Format: int64
             * @description Regions that show another concept.
             */
            concepts_changed: number;
            /**
             * Format: int64
             * @description Regions that only the second snapshot has, those of its new cases among them.
             */
            regions_added: number;
            /**
             * Format: int64
             * @description Regions that only the first snapshot has, those of its own cases among them.
             */
            regions_removed: number;
            /** @description Texts that read otherwise, by language. */
            texts_edited: {
                [key: string]: number;
            };
        };
        /** @description What was done to one attribute, wherever it stood at this depth. */
        TreatedAttribute: {
            /** @description What was done. */
            deed: components["schemas"]["Deed"];
            /**
             * Format: int32
             * @description In how many sequences it stood.
             */
            depth: number;
            /** @description Its keyword in the standard's dictionary; absent where it is private or unknown. */
            name?: string | null;
            /** @description Its group and element, `0010,0010`. */
            tag: string;
            /**
             * Format: int64
             * @description How often.
             */
            times: number;
        };
        /** @description Which weights a run may change. */
        Tuning: {
            /** @enum {string} */
            kind: "full";
        } | {
            /**
             * Format: float
             * @description The scale's numerator: adapters are multiplied by alpha / rank.
             * @default 16
             */
            alpha: number;
            /**
             * Format: float
             * @description The share of an adapter's inputs that each training step leaves out by chance, in 0..1; none where it is absent.
             * @default 0
             */
            dropout: number;
            /** @enum {string} */
            kind: "lora";
            /**
             * Format: int32
             * @description The adapters' rank.
             * @default 8
             */
            rank: number;
            /**
             * @description Which layers, by the end of their path as PEFT's `target_modules` name them: `q_proj`, `mlp.fc1`, `mlp1.1`. A `*` stands
             *     for anything: `vision_model.*.attn.qkv`, `language_model.*`. Paths are those of the original code, or of the HF-native
             *     one (`attention.q_proj`, `linear_1`) where no original path ends so. The decoder's seven where it is absent.
             * @default [
             *       "language_model.*.q_proj",
             *       "language_model.*.k_proj",
             *       "language_model.*.v_proj",
             *       "language_model.*.o_proj",
             *       "language_model.*.gate_proj",
             *       "language_model.*.up_proj",
             *       "language_model.*.down_proj"
             *     ]
             */
            targets: string[];
        };
        /** @description Before and after. */
        Turned_Filter: {
            /** @description What is taken; by itself everything. */
            from: {
                /**
                 * @description Images alone whose every region is described in both languages.
                 * @default false
                 */
                both_languages: boolean;
                /**
                 * @description Regions and labels of these concepts alone; of all where none is named. The snapshot's ontology is cut to them too: of what was
                 *     left out, nobody may learn that it is absent.
                 * @default []
                 */
                concepts: string[];
                /**
                 * @description Images of these kinds alone; of every kind where none is named.
                 * @default []
                 */
                modalities: components["schemas"]["Modality"][];
            };
            /** @description What is taken; by itself everything. */
            to: {
                /**
                 * @description Images alone whose every region is described in both languages.
                 * @default false
                 */
                both_languages: boolean;
                /**
                 * @description Regions and labels of these concepts alone; of all where none is named. The snapshot's ontology is cut to them too: of what was
                 *     left out, nobody may learn that it is absent.
                 * @default []
                 */
                concepts: string[];
                /**
                 * @description Images of these kinds alone; of every kind where none is named.
                 * @default []
                 */
                modalities: components["schemas"]["Modality"][];
            };
        };
        /** @description Before and after. */
        Turned_Option_String: {
            from: null | string;
            to: null | string;
        };
        /** @description Before and after. */
        Turned_Option_Verdict: {
            from: null | ({
                /** @enum {string} */
                kind: "nothing_found";
            } | {
                /** @enum {string} */
                kind: "not_assessable";
                /** @description Why: motion, exposure, the wrong part of the body. */
                reason?: string;
            });
            to: null | ({
                /** @enum {string} */
                kind: "nothing_found";
            } | {
                /** @enum {string} */
                kind: "not_assessable";
                /** @description Why: motion, exposure, the wrong part of the body. */
                reason?: string;
            });
        };
        /** @description Before and after. */
        Turned_Presence: {
            /**
             * @description What a reader says about the concept in a region.
             * @enum {string}
             */
            from: "present" | "absent" | "uncertain";
            /**
             * @description What a reader says about the concept in a region.
             * @enum {string}
             */
            to: "present" | "absent" | "uncertain";
        };
        /** @description Before and after. */
        Turned_Split: {
            /**
             * @description Which part of a data set a patient belongs to; all of a patient's images share it.
             * @enum {string}
             */
            from: "train" | "val" | "test";
            /**
             * @description Which part of a data set a patient belongs to; all of a patient's images share it.
             * @enum {string}
             */
            to: "train" | "val" | "test";
        };
        /** @description Before and after. */
        Turned_SplitShares: {
            /** @description The percentages of patients held out for validation and for testing; the rest is for training. */
            from: {
                /**
                 * Format: int32
                 * @description Percent for testing.
                 */
                test: number;
                /**
                 * Format: int32
                 * @description Percent for validation.
                 */
                val: number;
            };
            /** @description The percentages of patients held out for validation and for testing; the rest is for training. */
            to: {
                /**
                 * Format: int32
                 * @description Percent for testing.
                 */
                test: number;
                /**
                 * Format: int32
                 * @description Percent for validation.
                 */
                val: number;
            };
        };
        /** @description Before and after. */
        Turned_String: {
            from: string;
            to: string;
        };
        /** @description Before and after. */
        Turned_Vec_String: {
            from: string[];
            to: string[];
        };
        /** @description Before and after. */
        Turned_Vec_f64: {
            from: number[];
            to: number[];
        };
        /** @description Before and after. */
        Turned_u32: {
            /** Format: int32 */
            from: number;
            /** Format: int32 */
            to: number;
        };
        /** @description The case that is likely to be next. */
        Upcoming: {
            /**
             * Format: uuid
             * @description Its image.
             */
            image: string;
        };
        /** @description What an upload consists of. */
        UploadFields: {
            /** @description True where the sender vouches that no patient data is burned in. */
            attested?: boolean | null;
            /**
             * Format: binary
             * @description A DICOM, NIfTI, PNG or JPEG file of up to 256 MiB, or a slide as tiled TIFF, SVS or DICOM of up to 4 GiB.
             */
            file: string;
            /** @description The kind of picture, where the file does not say. */
            modality?: string | null;
            /** @description The patient's pseudonym, where the sender chooses it. */
            patient?: string | null;
            /** @description The study's pseudonym, likewise. */
            study?: string | null;
        };
        /** @description A person, as others may see them. */
        User: {
            /** @description Whether they can no longer sign in. */
            disabled: boolean;
            /** @description What others see. */
            display_name: string;
            /**
             * Format: uuid
             * @description The account's id.
             */
            id: string;
            /** @description The interface's language: en, zh-Hans or ja. */
            interface_lang: string;
            /** @description Whether they run the installation. */
            is_admin: boolean;
            /** @description What they sign in with. */
            username: string;
        };
        /** @description What an administrator may change about a user. */
        UserChangeBody: {
            /** @description Whether they can no longer sign in. */
            disabled?: boolean | null;
            /** @description What others see. */
            display_name?: string | null;
            /** @description Whether they run the installation. */
            is_admin?: boolean | null;
            /** @description A new password. */
            password?: string | null;
        };
        /**
         * Format: uuid
         * @description A person or a program that signs in.
         */
        UserId: string;
        /** @description All users. */
        Users: {
            /** @description By name. */
            users: components["schemas"]["User"][];
        };
        /** @description What a reader says of an image in which nothing is marked. */
        Verdict: {
            /** @enum {string} */
            kind: "nothing_found";
        } | {
            /** @enum {string} */
            kind: "not_assessable";
            /** @description Why: motion, exposure, the wrong part of the body. */
            reason?: string;
        };
        /**
         * @description How a window maps values to grey, PS3.3 section C.11.2.1.
         * @enum {string}
         */
        VoiFunction: "linear" | "linear_exact" | "sigmoid";
        /** @description What a reader says about an image as a whole. */
        WholeImage: {
            /** @description Labels, each concept at most once. */
            findings?: components["schemas"]["Finding"][];
            /** @description Questions and answers. */
            questions?: components["schemas"]["Question"][];
            /** @description The report, sentence by sentence. */
            report?: components["schemas"]["Sentence"][];
            verdict?: components["schemas"]["Verdict"] | null;
        };
        /** @description How grey levels are shown at first, in the units of the stored pixels. */
        Window: {
            /**
             * Format: double
             * @description The middle of the shown range.
             */
            center: number;
            /**
             * Format: double
             * @description The largest stored value.
             */
            max: number;
            /**
             * Format: double
             * @description The smallest stored value.
             */
            min: number;
            /**
             * Format: double
             * @description Its width.
             */
            width: number;
        };
        /** @description What a round is asked to do; every field has a default. */
        Wish: {
            /**
             * Format: int32
             * @description How many images to rank at most; 50 unless told otherwise.
             * @default null
             */
            budget: number | null;
            /** @default null */
            model: components["schemas"]["ModelRef"] | null;
            /**
             * Format: int64
             * @description The seed of everything drawn by chance.
             * @default 0
             */
            seed: number;
            /**
             * @description How to choose; hybrid unless told otherwise.
             * @default hybrid
             */
            strategy: components["schemas"]["Strategy"];
        };
        /** @description Something to do, held until `lease_seconds` after the last heartbeat. */
        WorkItem: (components["schemas"]["RunItem"] & {
            /** @enum {string} */
            kind: "run";
        }) | (components["schemas"]["AcquisitionItem"] & {
            /** @enum {string} */
            kind: "acquisition";
        });
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    get_acquisition: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                acquisition: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AcquisitionView"];
                };
            };
        };
    };
    list_revisions: {
        parameters: {
            query?: {
                /** @description The revision after which the page begins. */
                after?: number;
                /** @description Revisions on the page, at most 50; 20 where nothing is said. */
                limit?: number;
            };
            header?: never;
            path: {
                annotation: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Revisions"];
                };
            };
        };
    };
    list_audit: {
        parameters: {
            query?: {
                /** @description The entry after which the page begins. */
                after?: number;
                /** @description Entries on the page, at most 500. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
        };
    };
    get_health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description both live */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_image: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Image"];
                };
            };
        };
    };
    my_annotation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Annotation"];
                };
            };
        };
    };
    save_annotation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Save"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Annotation"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    submit_annotation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Submit"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Annotation"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    annotations_of_image: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Annotations"];
                };
            };
        };
    };
    attest_image: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Attestation"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Image"];
                };
            };
        };
    };
    get_deidentification: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeaderReport"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    open_case: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Case"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    lint_described: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Described"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Flags"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_pixels: {
        parameters: {
            query?: {
                /** @description Which frame, from 0. */
                frame?: number;
            };
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": number[];
                };
            };
        };
    };
    related_images: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Images"];
                };
            };
        };
    };
    get_rendered: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": number[];
                };
            };
        };
    };
    get_tile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                image: components["schemas"]["ImageId"];
                level: number;
                column: number;
                row: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": number[];
                    "image/png": number[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    renew_lease: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                lease: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Lease"];
                };
            };
        };
    };
    give_back: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                lease: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_model: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Model"];
                };
            };
        };
    };
    promote_model: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PromoteBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Promoted"];
                };
            };
        };
    };
    get_openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    list_projects: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Projects"];
                };
            };
        };
    };
    create_project: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewProjectBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectView"];
                };
            };
        };
    };
    get_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectView"];
                };
            };
        };
    };
    change_project: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProjectChangeBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectView"];
                };
            };
        };
    };
    list_acquisitions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Acquisitions"];
                };
            };
        };
    };
    ask_acquisition: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Wish"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Acquisition"];
                };
            };
        };
    };
    next_case: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NextCase"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Case"];
                };
            };
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    upcoming_case: {
        parameters: {
            query?: {
                /** @description Only patients of this split. */
                split?: components["schemas"]["Split"] | null;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upcoming"];
                };
            };
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_concepts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Concepts"];
                };
            };
        };
    };
    put_concepts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Concepts"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Concepts"];
                };
            };
        };
    };
    search_instances: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown[];
                };
            };
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    search_series: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown[];
                };
            };
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    search_studies: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown[];
                };
            };
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    store_instances: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/related": number[];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown;
                };
            };
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    retrieve_study: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "multipart/related": number[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    store_in_study: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/related": number[];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown;
                };
            };
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    search_instances_of_study: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown[];
                };
            };
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    study_metadata: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    search_series_of_study: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown[];
                };
            };
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    retrieve_series: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
                series: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "multipart/related": number[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    search_instances_of_series: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
                series: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown[];
                };
            };
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    retrieve_instance: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
                series: string;
                instance: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "multipart/related": number[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    retrieve_frames: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
                series: string;
                instance: string;
                frames: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "multipart/related": number[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    rendered_frames: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
                series: string;
                instance: string;
                frames: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": number[];
                    "image/jpeg": number[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    instance_metadata: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
                series: string;
                instance: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    rendered_instance: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
                series: string;
                instance: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/png": number[];
                    "image/jpeg": number[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    series_metadata: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                study: string;
                series: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/dicom+json": unknown[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    list_images: {
        parameters: {
            query?: {
                /** @description Only cases that stand there. */
                state?: components["schemas"]["ImageState"];
                /** @description Only patients of this split. */
                split?: components["schemas"]["Split"];
                /** @description The image after which the page begins. */
                after?: string;
                /** @description Images on the page, at most 500. */
                limit?: number;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Images"];
                };
            };
        };
    };
    upload_image: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": components["schemas"]["UploadFields"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Image"];
                };
            };
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Image"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    list_members: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Members"];
                };
            };
        };
    };
    set_member: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                user: components["schemas"]["UserId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoleBody"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    remove_member: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: components["schemas"]["ProjectId"];
                user: components["schemas"]["UserId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    list_models: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Models"];
                };
            };
        };
    };
    get_progress: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Progress"];
                };
            };
        };
    };
    list_runs: {
        parameters: {
            query?: {
                /** @description Only runs with this tag. */
                tag?: string;
                /** @description Only runs whose name, notes or tags hold this text. */
                text?: string;
                /** @description The run after which the page begins. */
                after?: string;
                /** @description Runs on the page, at most 500. */
                limit?: number;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Runs"];
                };
            };
        };
    };
    launch_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewRunBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    compare_runs: {
        parameters: {
            query?: {
                /** @description The ids of 2 to 6 runs, with commas between them. */
                runs?: string;
            };
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Comparison"];
                };
            };
        };
    };
    list_snapshots: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Snapshots"];
                };
            };
        };
    };
    cut_snapshot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSnapshotBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Snapshot"];
                };
            };
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Snapshot"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    preview_snapshot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Filter"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Counts"];
                };
            };
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_templates: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Templates"];
                };
            };
        };
    };
    put_templates: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Templates"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Templates"];
                };
            };
        };
    };
    get_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
        };
    };
    run_artifacts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Artifacts"];
                };
            };
        };
    };
    run_artifact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: components["schemas"]["RunId"];
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
        };
    };
    run_events: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
        };
    };
    run_log: {
        parameters: {
            query?: {
                /** @description Newest lines, at most 2000; 500 where it is absent. */
                limit?: number;
            };
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunLog"];
                };
            };
        };
    };
    run_metrics: {
        parameters: {
            query?: {
                /** @description Only values of later steps. */
                after_step?: number;
            };
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Series"];
                };
            };
        };
    };
    annotate_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NotesBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    resume_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResumeBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    stop_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Run"];
                };
            };
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    get_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    sign_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    change_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionChange"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
        };
    };
    keep_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Settings"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    get_snapshot: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                snapshot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Snapshot"];
                };
            };
        };
    };
    snapshot_datasheet: {
        parameters: {
            query?: {
                /** @description How it is written; html unless told otherwise. */
                format?: components["schemas"]["DatasheetFormat"];
            };
            header?: never;
            path: {
                snapshot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
        };
    };
    snapshot_differences: {
        parameters: {
            query?: {
                /** @description Only cases whose image comes after this one. */
                after?: string;
                /** @description The most cases to tell of, 100 unless told otherwise and at most 500. */
                limit?: number;
            };
            header?: never;
            path: {
                snapshot: components["schemas"]["Digest"];
                other: components["schemas"]["Digest"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Differences"];
                };
            };
        };
    };
    export_snapshot: {
        parameters: {
            query?: {
                /** @description The layout; medreginstruct unless told otherwise. */
                format?: components["schemas"]["ExportFormat"];
            };
            header?: never;
            path: {
                snapshot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-tar": number[];
                };
            };
        };
    };
    list_exports: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                snapshot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Exports"];
                };
            };
        };
    };
    ask_for_export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                snapshot: components["schemas"]["Digest"];
                format: components["schemas"]["ExportFormat"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                };
            };
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                };
            };
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
        };
    };
    export_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                snapshot: components["schemas"]["Digest"];
                format: components["schemas"]["ExportFormat"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-tar": number[];
                };
            };
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-tar": number[];
                };
            };
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorBody"];
                };
            };
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    snapshot_manifest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                snapshot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                };
            };
        };
    };
    snapshot_object: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                snapshot: components["schemas"]["Digest"];
                object: components["schemas"]["Digest"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
        };
    };
    list_tokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Tokens"];
                };
            };
        };
    };
    issue_token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTokenBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedToken"];
                };
            };
        };
    };
    revoke_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    list_users: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Users"];
                };
            };
        };
    };
    create_user: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewUserBody"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
        };
    };
    change_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserChangeBody"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
        };
    };
    fail_round: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                acquisition: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Fail"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    finish_round: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                acquisition: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FinishAcquisition"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    round_heartbeat: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                acquisition: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Heartbeat"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeartbeatReply"];
                };
            };
        };
    };
    worker_pool_object: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                acquisition: components["schemas"]["AcquisitionId"];
                object: components["schemas"]["Digest"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
        };
    };
    get_pool: {
        parameters: {
            query?: {
                /** @description The image after which the page begins. */
                after?: string;
                /** @description Images on the page, at most 500. */
                limit?: number;
            };
            header?: never;
            path: {
                acquisition: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PoolPage"];
                };
            };
        };
    };
    put_predictions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                acquisition: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Predictions"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    claim_work: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Claim"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WorkItem"];
                };
            };
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    worker_model_file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                model: components["schemas"]["ModelId"];
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
        };
    };
    run_standing: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunStanding"];
                };
            };
        };
    };
    put_artifact: {
        parameters: {
            query: {
                /** @description The hand-out's number. */
                attempt: number;
            };
            header?: never;
            path: {
                run: components["schemas"]["RunId"];
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": number[];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ObjectRef"];
                };
            };
        };
    };
    fail_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Fail"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    finish_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FinishRun"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Model"];
                };
            };
        };
    };
    run_heartbeat: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Heartbeat"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeartbeatReply"];
                };
            };
        };
    };
    put_metrics: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Metrics"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    worker_manifest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                snapshot: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                };
            };
        };
    };
    worker_snapshot_object: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                snapshot: components["schemas"]["Digest"];
                object: components["schemas"]["Digest"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
        };
    };
}
